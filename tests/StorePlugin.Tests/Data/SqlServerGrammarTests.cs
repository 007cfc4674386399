// Every statement and every migration as Microsoft's own parser of T-SQL reads it, without a server.
using System.Text.RegularExpressions;
using Microsoft.SqlServer.TransactSql.ScriptDom;
using StorePlugin.Data;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Data;

internal sealed partial class SqlServerGrammarTests
{
    // The two halves of a frame that is put around the invariants.
    private static readonly string[] Halves = ["Verify.List", "Verify.Count"];

    public static IEnumerable<SqlConstant> Statements() => SourceTree.SqlConstants().Where(constant => !Halves.Contains(constant.Name));

    public static IEnumerable<TestCaseData> Migrations() =>
        new Migrator(new Db(new DatabaseOptions(Dialect.SqlServer.Name, "Server=nowhere")), TimeProvider.System).Known
            .Select(migration => new TestCaseData(migration.Sql).SetArgDisplayNames(migration.Name));

    [TestCaseSource(nameof(Statements))]
    public void A_statement_is_TSQL(SqlConstant constant) => Read(constant.Sql);

    // One text is one batch, and a batch is bound before it is run: rows and columns come in files of their own.
    [TestCaseSource(nameof(Migrations))]
    public void A_migration_is_TSQL_and_takes_no_rows_where_it_makes_room_for_them(string sql)
    {
        var statements = Read(sql).Batches.Single().Statements;

        var makesRoom = statements.Any(statement => statement is CreateTableStatement or AlterTableAddTableElementStatement);
        Assert.That(makesRoom && statements.Any(statement => statement is DataModificationStatement), Is.False);
    }

    [Test]
    public void What_only_SQL_Server_is_told_is_TSQL()
    {
        foreach (var sql in new[] { Dialect.SqlServer.MigrationLock, Dialect.SqlServer.AfterMigration, Dialect.SqlServer.TableExists })
        {
            Read(sql);
        }
    }

    // What Babelfish takes, and the reason for these tests.
    [TestCase("SELECT rule FROM findings")]
    [TestCase("SELECT order_id AS key FROM orders")]
    public void A_reserved_word_is_no_name(string sql) => Assert.That(ErrorsOf(sql, out _), Is.Not.Empty);

    private static TSqlScript Read(string sql)
    {
        Assert.That(ErrorsOf(sql, out var script), Is.Empty, sql);
        return script;
    }

    private static IEnumerable<string> ErrorsOf(string sql, out TSqlScript script)
    {
        // Dapper writes a list out.
        using var reader = new StringReader(List().Replace(sql, "IN (@${name}1, @${name}2)"));
        script = (TSqlScript)new TSql160Parser(initialQuotedIdentifiers: true).Parse(reader, out var errors);
        return errors.Select(error => $"line {error.Line}: {error.Message}");
    }

    [GeneratedRegex(@"IN @(?<name>\w+)", RegexOptions.ExplicitCapture)]
    private static partial Regex List();
}
