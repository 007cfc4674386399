// A list of texts in a statement, as the batches ask for hundreds of rows by their keys.
using System.Data;
using System.Text.Json;
using Dapper;
using Microsoft.Data.Sqlite;

namespace StorePlugin.Data;

/// <summary>
/// The values of <c>IN @name</c>. Dapper makes a parameter of each, and SQLite finds a parameter by comparing its name with all
/// before it: for the lists of a batch that took a tenth of the writer's time. There it is one parameter, a JSON array.
/// </summary>
internal sealed class TextList(IReadOnlyCollection<string> values) : SqlMapper.ICustomQueryParameter
{
    private const string Elements = "IN (SELECT value FROM json_each(@list))";

    public void AddParameter(IDbCommand command, string name)
    {
        // SQLite ends a JSON text at a NUL.
        if (command is not SqliteCommand || values.Any(value => value.Contains('\0', StringComparison.Ordinal)))
        {
            // Marked as Dapper's own, since its generated code calls it for every list; nothing else pads the list as it does.
#pragma warning disable CS0618
            SqlMapper.PackListParameters(command, name, values);
#pragma warning restore CS0618
            return;
        }

        var parameter = "@" + name;
        command.CommandText = command.CommandText.Replace("IN " + parameter, Elements.Replace("@list", parameter, StringComparison.Ordinal), StringComparison.Ordinal);
        command.Parameters.Add(new SqliteParameter(parameter, JsonSerializer.Serialize(values)));
    }
}
