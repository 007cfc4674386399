// Listens to the databases' drivers: which of the program's statements have been run.
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Microsoft.Data.SqlClient;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Data;

/// <summary>
/// Keeps the text of every statement that this process runs, on either database. Fixtures that use it run alone, so that
/// nobody else's statements are counted.
/// </summary>
internal static partial class RunStatements
{
    private const string Library = "e_sqlite3";
    private const uint TraceStatements = 1;

    private static readonly ConcurrentDictionary<string, byte> Texts = new(StringComparer.Ordinal);

    // SQLite keeps both for as long as the process lives.
    private static readonly OnOpened Opened = Trace;
    private static readonly OnStatement Began = Hear;

    private static int _listening;

    private delegate int OnOpened(nint database, nint error, nint functions);

    private delegate int OnStatement(uint what, nint context, nint statement, nint text);

    /// <summary>Listens from now on, to connections that are opened from now on.</summary>
    public static void Listen()
    {
        Texts.Clear();
        if (Interlocked.Exchange(ref _listening, 1) == 0)
        {
            DiagnosticListener.AllListeners.Subscribe(new SqlServerDriver());
            Assert.That(AutoExtension(Opened), Is.Zero, "SQLite tells of the connections that are opened");
        }
    }

    /// <summary>The constants of the program that are in no text that was run.</summary>
    public static IReadOnlyList<SqlConstant> NotRun()
    {
        var texts = Texts.Keys.Select(text => List().Replace(text.ReplaceLineEndings("\n"), "IN $1$2")).ToList();
        return [.. SourceTree.SqlConstants().Where(constant =>
            !texts.Exists(text => text.Contains(constant.Sql.ReplaceLineEndings("\n").Trim(), StringComparison.Ordinal)))];
    }

    private static int Trace(nint database, nint error, nint functions) => TraceV2(database, TraceStatements, Began, 0);

    private static int Hear(uint what, nint context, nint statement, nint text)
    {
        Texts.TryAdd(Marshal.PtrToStringUTF8(text) ?? "", 0);
        return 0;
    }

#pragma warning disable SYSLIB1054 // Code that is generated for it would need unsafe blocks in the whole project.
    [DllImport(Library, EntryPoint = "sqlite3_auto_extension")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory)]
    private static extern int AutoExtension(OnOpened opened);

    [DllImport(Library, EntryPoint = "sqlite3_trace_v2")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory)]
    private static extern int TraceV2(nint database, uint what, OnStatement began, nint context);
#pragma warning restore SYSLIB1054

    // Dapper has written the list out, or it is one parameter.
    [GeneratedRegex(@"IN\s*\((?:(@[A-Za-z]+)\d+(?:,\s*@[A-Za-z]+\d+)*|SELECT value FROM json_each\((@[A-Za-z]+)\))\)")]
    private static partial Regex List();

    /// <summary>The driver of SQL Server announces each command before it is run.</summary>
    private sealed class SqlServerDriver : IObserver<DiagnosticListener>, IObserver<KeyValuePair<string, object?>>
    {
        public void OnNext(DiagnosticListener listener)
        {
            if (listener.Name == "SqlClientDiagnosticListener")
            {
                listener.Subscribe(this);
            }
        }

        public void OnNext(KeyValuePair<string, object?> announced)
        {
            if (announced.Value?.GetType().GetProperty("Command")?.GetValue(announced.Value) is SqlCommand command)
            {
                Texts.TryAdd(command.CommandText, 0);
            }
        }

        public void OnCompleted()
        {
        }

        public void OnError(Exception error)
        {
        }
    }
}
