// The databases that the contracts run on: SQLite always, SQL Server where a login for it is named.
using System.Globalization;
using Microsoft.Data.SqlClient;
using Microsoft.Data.Sqlite;
using StorePlugin.Data;

namespace StorePlugin.Tests.Data;

/// <summary>Makes empty databases and removes them.</summary>
internal abstract class TestDatabases
{
    public static readonly TestDatabases Sqlite = new SqliteFiles();
    public static readonly TestDatabases SqlServer = new SqlServerDatabases();

    public abstract Task<DatabaseOptions> CreateAsync();

    public abstract Task DropAsync(DatabaseOptions database);

    private sealed class SqliteFiles : TestDatabases
    {
        public override Task<DatabaseOptions> CreateAsync()
        {
            var folder = Directory.CreateTempSubdirectory("storeplugin-test-").FullName;
            return Task.FromResult(new DatabaseOptions(Dialect.Sqlite.Name, $"Data Source={Path.Combine(folder, "contract.db")}"));
        }

        public override Task DropAsync(DatabaseOptions database)
        {
            SqliteConnection.ClearAllPools();
            Directory.Delete(Path.GetDirectoryName(new SqliteConnectionStringBuilder(database.ConnectionString).DataSource)!, recursive: true);
            return Task.CompletedTask;
        }
    }

    private sealed class SqlServerDatabases : TestDatabases
    {
        private const string Variable = "STOREPLUGIN_TEST_SQLSERVER";

        private int _made;

        public override async Task<DatabaseOptions> CreateAsync()
        {
            var server = Environment.GetEnvironmentVariable(Variable);
            if (string.IsNullOrWhiteSpace(server))
            {
                Assert.Ignore($"{Variable} is not set: it names a SQL Server login that may create databases, and without it nothing is proved for SQL Server.");
            }

            var name = string.Create(
                CultureInfo.InvariantCulture, $"storeplugin_test_{Environment.ProcessId}_{TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds()}_{++_made}");
            await ExecuteAsync(server, $"CREATE DATABASE {name}");

            // As infra/create-database.sql does.
            foreach (var option in new[] { "READ_COMMITTED_SNAPSHOT", "ALLOW_SNAPSHOT_ISOLATION" })
            {
                await ExecuteAsync(server, $"IF SERVERPROPERTY('Babelfish') IS NULL EXEC('ALTER DATABASE {name} SET {option} ON')");
            }

            return new DatabaseOptions(Dialect.SqlServer.Name, new SqlConnectionStringBuilder(server) { InitialCatalog = name }.ToString());
        }

        public override Task DropAsync(DatabaseOptions database)
        {
            // A pooled connection would keep the database in use.
            SqlConnection.ClearAllPools();
            return ExecuteAsync(
                Environment.GetEnvironmentVariable(Variable)!, $"DROP DATABASE {new SqlConnectionStringBuilder(database.ConnectionString).InitialCatalog}");
        }

        private static async Task ExecuteAsync(string server, string sql)
        {
            await using var connection = new SqlConnection(server);
            await connection.OpenAsync();
            await using var command = connection.CreateCommand();
            command.CommandText = sql;
            await command.ExecuteNonQueryAsync();
        }
    }
}
