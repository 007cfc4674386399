// Brings the database to this program's schema: numbered files, forward only, each recorded with its hash.
using System.Data.Common;
using System.Security.Cryptography;
using System.Text;

namespace StorePlugin.Data;

/// <summary>
/// Runs the embedded files <c>NNN_name.sql</c>; where one text cannot serve, <c>NNN_name.sqlite.sql</c> and
/// <c>NNN_name.sqlserver.sql</c> stand in its place.
/// </summary>
internal sealed class Migrator(Db db, TimeProvider clock)
{
    private const int TriesMax = 15;

    private const string ReadVersions = "SELECT version, name, hash FROM schema_versions ORDER BY version";

    private const string RecordVersion =
        "INSERT INTO schema_versions (version, name, hash, applied_at) VALUES (@version, @name, @hash, @now)";

    public const string CreateVersions =
        """
        CREATE TABLE schema_versions (
            version bigint NOT NULL,
            name nvarchar(100) NOT NULL,
            hash varchar(64) NOT NULL,
            applied_at bigint NOT NULL,
            CONSTRAINT pk_schema_versions PRIMARY KEY (version))
        """;

    /// <summary>Every migration of this program for the database at hand, in order.</summary>
    public IReadOnlyList<Migration> Known { get; } = Load(db.Dialect);

    /// <summary>Applies what is missing, up to and with <paramref name="last"/>. Returns the names that were applied.</summary>
    /// <exception cref="SettingsException">An applied file has changed, or the database is newer than the program.</exception>
    public async Task<IReadOnlyList<string>> MigrateAsync(long last = long.MaxValue, CancellationToken cancel = default)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await db.InTransactionAsync(tx => MigrateAsync(tx, last), cancel: cancel);
            }
            // Another process may be migrating, which takes longer than a write of SQLite waits for its turn.
            catch (DbException e) when (db.Dialect.IsTransient(e) && tries < TriesMax)
            {
            }
        }
    }

    /// <summary>The names of the migrations that the database still lacks.</summary>
    public async Task<IReadOnlyList<string>> PendingAsync(CancellationToken cancel)
    {
        if (await db.OneAsync<long>(db.Dialect.TableExists, new { table = "schema_versions" }, cancel) == 0)
        {
            return [.. Known.Select(m => m.Name)];
        }

        var applied = (await db.ManyAsync<Applied>(ReadVersions, cancel: cancel)).ToDictionary(row => row.Version);
        RefuseStrangers(applied);
        return [.. Known.Where(m => !applied.ContainsKey(m.Version)).Select(m => m.Name)];
    }

    private async Task<IReadOnlyList<string>> MigrateAsync(Tx tx, long last)
    {
        await tx.DoAtLeisureAsync(db.Dialect.MigrationLock);
        if (await tx.OneAsync<long>(db.Dialect.TableExists, new { table = "schema_versions" }) == 0)
        {
            await tx.DoAsync(CreateVersions);
        }

        var applied = (await tx.ManyAsync<Applied>(ReadVersions)).ToDictionary(row => row.Version);
        RefuseStrangers(applied);

        var names = new List<string>();
        foreach (var migration in Known.Where(m => m.Version <= last && !applied.ContainsKey(m.Version)))
        {
            await tx.DoAtLeisureAsync(migration.Sql);
            await tx.DoAsync(db.Dialect.AfterMigration);
            await tx.DoAsync(RecordVersion, new { version = migration.Version, name = migration.Name, hash = migration.Hash, now = clock.GetUtcNow() });
            names.Add(migration.Name);
        }

        return names;
    }

    private static Migration[] Load(Dialect dialect)
    {
        const string Folder = "Migrations/";
        var assembly = typeof(Migrator).Assembly;
        var migrations = new SortedDictionary<long, Migration>();
        foreach (var resource in assembly.GetManifestResourceNames().Where(n => n.StartsWith(Folder, StringComparison.Ordinal)))
        {
            var parts = resource[Folder.Length..].Split('.');
            if (parts.Length == 3 && parts[1] != dialect.Name)
            {
                continue;
            }

            using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!, Encoding.UTF8);
            var text = reader.ReadToEnd().ReplaceLineEndings("\n");
            var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
            var sql = dialect.Tokens.Aggregate(text, (sql, token) => sql.Replace(token.Key, token.Value, StringComparison.Ordinal));
            var version = long.Parse(parts[0].Split('_')[0], System.Globalization.CultureInfo.InvariantCulture);
            migrations.Add(version, new Migration(version, parts[0], hash, sql));
        }

        return [.. migrations.Values];
    }

    // That the database does not fit the program is a matter of configuration: every verb says so in one sentence.
    private void RefuseStrangers(Dictionary<long, Applied> applied)
    {
        foreach (var row in applied.Values)
        {
            var known = Known.FirstOrDefault(m => m.Version == row.Version)
                ?? throw Misfit($"holds migration {row.Name}, which this program does not know: it was written by a newer version");
            if (known.Hash != row.Hash)
            {
                throw Misfit($"was made with another text of migration {row.Name} than this program's: the file was changed after it was applied");
            }
        }
    }

    private static SettingsException Misfit(string why) => new([$"ConnectionStrings:StorePlugin leads to a database that {why}."]);

    private sealed record Applied(long Version, string Name, string Hash);
}

/// <summary>One numbered file, with its tokens replaced for the database at hand.</summary>
internal sealed record Migration(long Version, string Name, string Hash, string Sql);
