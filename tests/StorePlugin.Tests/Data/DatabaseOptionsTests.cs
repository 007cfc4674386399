// Where a database is, in words, and how long its statements may take.
using Microsoft.Data.SqlClient;
using StorePlugin.Data;

namespace StorePlugin.Tests.Data;

internal sealed class DatabaseOptionsTests
{
    [Test]
    public void At_leisure_no_statement_of_SQL_Servers_is_given_up_and_all_else_stays()
    {
        var options = new DatabaseOptions(Dialect.SqlServer.Name, "Server=here;Database=books;User ID=sa;Password=p;Encrypt=true");

        var atLeisure = new SqlConnectionStringBuilder(options.AtLeisure.ConnectionString);

        Assert.That((atLeisure.CommandTimeout, atLeisure.DataSource, atLeisure.InitialCatalog, atLeisure.Password, atLeisure.Encrypt), Is.EqualTo((0, "here", "books", "p", true)));
        Assert.That(new SqlConnectionStringBuilder(options.ConnectionString).CommandTimeout, Is.EqualTo(30));
    }

    [Test]
    public void SQLite_has_no_such_limit()
    {
        var options = new DatabaseOptions(Dialect.Sqlite.Name, "Data Source=books.db");

        Assert.That(options.AtLeisure, Is.SameAs(options));
    }
}
