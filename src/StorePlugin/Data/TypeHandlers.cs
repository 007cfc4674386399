// How Dapper reads and writes the types that a column has no word for.
using System.Data;
using Dapper;

namespace StorePlugin.Data;

internal static class TypeHandlers
{
    private static readonly Lock Once = new();
    private static bool _registered;

    public static void Register()
    {
        lock (Once)
        {
            if (_registered)
            {
                return;
            }

            // Lists in a statement come in few sizes, so that few plans are kept.
            SqlMapper.Settings.PadListExpansions = true;
            DefaultTypeMap.MatchNamesWithUnderscores = true;

            // Without this, Dapper reads through the handler but writes its own text form.
            SqlMapper.RemoveTypeMap(typeof(DateTimeOffset));
            SqlMapper.RemoveTypeMap(typeof(DateTimeOffset?));
            SqlMapper.AddTypeHandler(new InstantHandler());
            _registered = true;
        }
    }

    /// <summary>An instant is Unix milliseconds UTC in a bigint column.</summary>
    private sealed class InstantHandler : SqlMapper.TypeHandler<DateTimeOffset>
    {
        public override DateTimeOffset Parse(object value) => DateTimeOffset.FromUnixTimeMilliseconds((long)value);

        public override void SetValue(IDbDataParameter parameter, DateTimeOffset value)
        {
            parameter.DbType = DbType.Int64;
            parameter.Value = value.ToUnixTimeMilliseconds();
        }
    }
}
