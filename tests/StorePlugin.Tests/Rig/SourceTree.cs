// What the tests that read the code base read: its files, and the SQL constants of the program.
using System.Reflection;

namespace StorePlugin.Tests.Rig;

/// <summary>A constant of the program that is a statement of SQL.</summary>
internal sealed record SqlConstant(Type Type, string Field, string Sql)
{
    public string Name => $"{Type.Name}.{Field}";

    public override string ToString() => Name;
}

internal static class SourceTree
{
    private static readonly string[] Verbs = ["SELECT", "INSERT", "UPDATE", "DELETE"];

    public static string Root { get; } = FindRoot();

    /// <summary>Every file with one of these endings under these folders of the code base, without what builds leave.</summary>
    public static IEnumerable<(string Path, string[] Lines)> Files(string[] folders, params string[] endings) =>
        from folder in folders
        from file in Directory.EnumerateFiles(Path.Combine(Root, folder), "*", SearchOption.AllDirectories)
        let path = Path.GetRelativePath(Root, file).Replace('\\', '/')
        where endings.Contains(Path.GetExtension(file)) && !path.Contains("/bin/", StringComparison.Ordinal) && !path.Contains("/obj/", StringComparison.Ordinal)
        select (path, File.ReadAllLines(file));

    /// <summary>
    /// Every constant that begins with a verb of SQL. One that is the beginning of another in its type is a part, and is
    /// seen there.
    /// </summary>
    public static IReadOnlyList<SqlConstant> SqlConstants()
    {
        var all = (from type in typeof(App).Assembly.GetTypes()
                   from field in type.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
                   where field.IsLiteral && field.FieldType == typeof(string)
                   let sql = (string)field.GetRawConstantValue()!
                   where Array.Exists(Verbs, verb => sql.TrimStart().StartsWith(verb + " ", StringComparison.Ordinal)
                       || sql.TrimStart().StartsWith(verb + "\n", StringComparison.Ordinal))
                   select new SqlConstant(type, field.Name, sql)).ToList();
        return [.. all.Where(constant => !all.Exists(other =>
            other.Sql.Length > constant.Sql.Length && other.Sql.StartsWith(constant.Sql, StringComparison.Ordinal)))];
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "StorePlugin.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("The tests run outside the code base.");
        }

        return folder.FullName;
    }
}
