// What SQL Server asks of keys and references beyond the grammar, found from the migrations' tables.
using System.Globalization;
using Microsoft.SqlServer.TransactSql.ScriptDom;

namespace StorePlugin.Tests.Data;

/// <summary>A reference joins columns of one type, length and collation, and leads to a key; a key is no longer than an index holds.</summary>
internal sealed class SqlServerKeys
{
    private const int PrimaryKeyBytesMax = 900;
    private const int OtherKeyBytesMax = 1700;

    private readonly Dictionary<string, Dictionary<string, ColumnDefinition>> _tables = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _keys = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<string> _faults = [];

    /// <summary>What SQL Server would refuse of these statements, in words.</summary>
    public static IReadOnlyList<string> FaultsOf(IReadOnlyList<TSqlStatement> statements)
    {
        var keys = new SqlServerKeys();
        foreach (var statement in statements)
        {
            keys.Read(statement);
        }

        return keys._faults;
    }

    private void Read(TSqlStatement statement)
    {
        switch (statement)
        {
            case CreateTableStatement table:
                Read(table.SchemaObjectName, table.Definition);
                break;
            case AlterTableAddTableElementStatement table:
                Read(table.SchemaObjectName, table.Definition);
                break;
            case CreateIndexStatement index:
                ReadKey(index.OnName.BaseIdentifier.Value, index.Name.Value, index.Columns, OtherKeyBytesMax, isKey: index is { Unique: true, FilterPredicate: null });
                break;
            default:
                break;
        }
    }

    private void Read(SchemaObjectName name, TableDefinition definition)
    {
        var table = name.BaseIdentifier.Value;
        if (!_tables.TryGetValue(table, out var columns))
        {
            _tables[table] = columns = new Dictionary<string, ColumnDefinition>(StringComparer.OrdinalIgnoreCase);
        }

        foreach (var column in definition.ColumnDefinitions)
        {
            columns[column.ColumnIdentifier.Value] = column;
        }

        foreach (var key in definition.TableConstraints.OfType<UniqueConstraintDefinition>())
        {
            ReadKey(table, key.ConstraintIdentifier.Value, key.Columns, key.IsPrimaryKey ? PrimaryKeyBytesMax : OtherKeyBytesMax, isKey: true);
        }

        foreach (var reference in definition.TableConstraints.OfType<ForeignKeyConstraintDefinition>())
        {
            ReadReference(columns, reference);
        }
    }

    private void ReadKey(string table, string name, IList<ColumnWithSortOrder> of, int bytesMax, bool isKey)
    {
        var columns = of.Select(column => column.Column.MultiPartIdentifier.Identifiers[^1].Value).ToList();
        if (isKey)
        {
            _keys.Add(KeyOf(table, columns));
        }

        var bytes = columns.Sum(column => BytesOf(_tables[table][column]));
        if (bytes > bytesMax)
        {
            _faults.Add(string.Create(CultureInfo.InvariantCulture, $"{name} takes {bytes} bytes of {bytesMax}"));
        }
    }

    private void ReadReference(Dictionary<string, ColumnDefinition> columns, ForeignKeyConstraintDefinition reference)
    {
        var (name, to) = (reference.ConstraintIdentifier.Value, reference.ReferenceTableName.BaseIdentifier.Value);
        if (!_keys.Contains(KeyOf(to, reference.ReferencedTableColumns.Select(column => column.Value))))
        {
            _faults.Add($"{name} leads to no key of {to}");
        }

        foreach (var (from, target) in reference.Columns.Zip(reference.ReferencedTableColumns))
        {
            var (one, other) = (TypeOf(columns[from.Value]), TypeOf(_tables[to][target.Value]));
            if (one != other)
            {
                _faults.Add($"{name} joins {from.Value} {one} and {target.Value} {other}");
            }
        }
    }

    private static string KeyOf(string table, IEnumerable<string> columns) => $"{table} ({string.Join(", ", columns)})";

    private static string TypeOf(ColumnDefinition column)
    {
        var type = (SqlDataTypeReference)column.DataType;
        var length = type.Parameters.Count == 0 ? "" : $"({type.Parameters[0].Value})";
        return $"{type.Name.BaseIdentifier.Value}{length}{(column.Collation is null ? "" : $" COLLATE {column.Collation.Value}")}";
    }

    // The longest that the column may hold: what is declared without end is in no index.
    private static int BytesOf(ColumnDefinition column) => (SqlDataTypeReference)column.DataType switch
    {
        { SqlDataTypeOption: SqlDataTypeOption.BigInt } => 8,
        { SqlDataTypeOption: SqlDataTypeOption.NVarChar, Parameters: [IntegerLiteral length] } => 2 * int.Parse(length.Value, CultureInfo.InvariantCulture),
        _ => int.MaxValue / 2,
    };
}
