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

    private static readonly Lazy<SqlServerBinder> Binder = new(LearnTables);

    public static IEnumerable<SqlConstant> Statements() => SourceTree.SqlConstants().Where(constant => !Halves.Contains(constant.Name));

    public static IEnumerable<TestCaseData> Migrations() =>
        Known().Select(migration => new TestCaseData(migration.Sql).SetArgDisplayNames(migration.Name));

    [TestCaseSource(nameof(Statements))]
    public void A_statement_is_TSQL(SqlConstant constant) => Assert.That(FaultsOf(constant.Sql), Is.Empty, constant.Sql);

    // One text is one batch, and a batch is bound before it is run: rows and columns come in files of their own.
    [TestCaseSource(nameof(Migrations))]
    public void A_migration_is_TSQL_and_takes_no_rows_where_it_makes_room_for_them(string sql)
    {
        var statements = Read(sql).Batches.Single().Statements;

        var makesRoom = statements.Any(statement => statement is CreateTableStatement or AlterTableAddTableElementStatement);
        Assert.That(makesRoom && statements.Any(statement => statement is DataModificationStatement), Is.False);
    }

    // SQLite asks for neither.
    [Test]
    public void A_reference_leads_to_a_key_of_the_same_types_and_a_key_fits_into_an_index() =>
        Assert.That(SqlServerKeys.FaultsOf([.. Known().SelectMany(migration => Read(migration.Sql).Batches.Single().Statements)]), Is.Empty);

    [TestCase("store_id nvarchar(40) NOT NULL", "fk_two_one joins store_id nvarchar(40) and id nvarchar(40) COLLATE Latin1_General_100_BIN2")]
    [TestCase("store_id nvarchar(41) COLLATE Latin1_General_100_BIN2 NOT NULL", "fk_two_one joins store_id nvarchar(41) COLLATE Latin1_General_100_BIN2 and id nvarchar(40) COLLATE Latin1_General_100_BIN2")]
    [TestCase("store_id nvarchar(40) COLLATE Latin1_General_100_BIN2 NOT NULL", "")]
    public void A_reference_between_columns_of_two_types_is_found(string column, string fault)
    {
        var statements = Read(
            $"""
            CREATE TABLE one (id nvarchar(40) COLLATE Latin1_General_100_BIN2 NOT NULL, CONSTRAINT pk_one PRIMARY KEY (id));
            CREATE TABLE two ({column}, CONSTRAINT pk_two PRIMARY KEY (store_id), CONSTRAINT fk_two_one FOREIGN KEY (store_id) REFERENCES one (id));
            """).Batches.Single().Statements;

        Assert.That(string.Join("; ", SqlServerKeys.FaultsOf([.. statements])), Is.EqualTo(fault));
    }

    [TestCase("CONSTRAINT pk_one PRIMARY KEY (a)", "pk_one takes 902 bytes of 900")]
    [TestCase("CONSTRAINT uq_one UNIQUE (a, b)", "uq_one takes 1702 bytes of 1700")]
    [TestCase("CONSTRAINT fk_one FOREIGN KEY (a, b) REFERENCES one (b, a)", "fk_one leads to no key of one")]
    public void A_key_that_is_too_long_and_a_reference_to_none_are_found(string constraint, string fault)
    {
        var statements = Read($"CREATE TABLE one (a nvarchar(451) NOT NULL, b nvarchar(400) NOT NULL, {constraint})").Batches.Single().Statements;

        Assert.That(SqlServerKeys.FaultsOf([.. statements]), Does.Contain(fault));
    }

    [Test]
    public void What_only_SQL_Server_is_told_is_TSQL()
    {
        foreach (var sql in new[] { Dialect.SqlServer.MigrationLock, Dialect.SqlServer.AfterMigration, Dialect.SqlServer.TableExists, Dialect.SqlServerHold })
        {
            Read(sql);
        }
    }

    [TestCase("SELECT rule FROM findings")]
    [TestCase("SELECT order_id AS key FROM orders")]
    public void A_reserved_word_is_no_name(string sql) => Assert.That(ErrorsOf(sql, out _), Is.Not.Empty);

    // What Babelfish takes, and the reason for the binder.
    [TestCase("SELECT id FROM stores WHERE id = name", "two collations meet: id = name")]
    [TestCase("SELECT COALESCE(id, name) AS x FROM stores", "two collations meet: COALESCE(id, name)")]
    [TestCase("SELECT id FROM stores WHERE id IN (SELECT state FROM campaigns)", "two collations meet: id IN (SELECT state FROM campaigns)")]
    [TestCase("SELECT id FROM stores UNION ALL SELECT name FROM stores", "two collations meet: SELECT id FROM stores UNION ALL SELECT name FROM stores")]
    [TestCase("UPDATE orders SET state = state WHERE order_id = state", "two collations meet: order_id = state")]
    [TestCase("DELETE FROM orders WHERE order_id = at", "text meets a number: order_id = at")]
    [TestCase("SELECT SUM((SELECT MAX(at) FROM orders)) AS x FROM stores", "an aggregate of a subquery: SUM((SELECT MAX(at) FROM orders))")]
    [TestCase("SELECT state, MAX(at) AS x FROM orders GROUP BY store_id", "neither grouped nor summed: state")]
    [TestCase("SELECT id AS x FROM stores GROUP BY x", "no such column: x; neither grouped nor summed: id")]
    [TestCase("SELECT id FROM stores ORDER BY id, ID", "ordered twice by the same: ORDER BY id, ID")]
    [TestCase("SELECT s.id FROM (SELECT id, 1 FROM stores) s", "a column of a subquery has no name: (SELECT id, 1 FROM stores) s")]
    public void What_SQL_Server_would_refuse_is_found(string sql, string fault) => Assert.That(string.Join("; ", FaultsOf(sql)), Is.EqualTo(fault));

    private static IReadOnlyList<Migration> Known() =>
        new Migrator(new Db(new DatabaseOptions(Dialect.SqlServer.Name, "Server=nowhere")), TimeProvider.System).Known;

    private static IReadOnlyList<string> FaultsOf(string sql) => Binder.Value.FaultsOf(Read(sql).Batches.Single().Statements.Single());

    private static SqlServerBinder LearnTables()
    {
        var binder = new SqlServerBinder();
        foreach (var text in Known().Select(migration => migration.Sql).Prepend(Migrator.CreateVersions))
        {
            Read(text).Batches.Single().Statements.ToList().ForEach(binder.Learn);
        }

        return binder;
    }

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
