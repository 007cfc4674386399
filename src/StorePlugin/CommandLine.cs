// What stands behind the verb: the verb's own options, and configuration.
namespace StorePlugin;

/// <summary>
/// Tells configuration from options, so that a mistyped option is refused and does not start the program as if it had
/// not been there.
/// </summary>
internal static class CommandLine
{
    // The keys without a section that people give here; what has a section is known by its colon.
    private static readonly string[] Plain = ["urls", "environment", "contentRoot", "PublicUrl"];

    /// <summary>Whether help is asked for, wherever it stands.</summary>
    public static bool AsksForHelp(string[] args) =>
        args is ["help", ..] || args.Contains("--help", StringComparer.Ordinal) || args.Contains("-h", StringComparer.Ordinal);

    /// <summary>
    /// Takes the configuration out: <c>--Key=value</c> for any key that is none of the verb's options, and
    /// <c>--Section:Key value</c>. What is left is the verb's to understand or to refuse.
    /// </summary>
    /// <param name="args">What stands behind the verb.</param>
    /// <param name="options">The verb's own options, such as <c>--store</c>.</param>
    public static (string[] Configuration, string[] Own) Split(string[] args, params string[] options)
    {
        var (configuration, own) = (new List<string>(), new List<string>());
        for (var i = 0; i < args.Length; i++)
        {
            var name = args[i].Split('=', 2)[0];
            if (name.Length <= 2 || !name.StartsWith("--", StringComparison.Ordinal) || options.Contains(name, StringComparer.Ordinal))
            {
                own.Add(args[i]);
            }
            else if (name.Length < args[i].Length)
            {
                configuration.Add(args[i]);
            }
            else if (IsKey(name[2..]) && i + 1 < args.Length && !args[i + 1].StartsWith("--", StringComparison.Ordinal))
            {
                configuration.Add($"{args[i]}={args[++i]}");
            }
            else
            {
                own.Add(args[i]);
            }
        }

        return ([.. configuration], [.. own]);
    }

    private static bool IsKey(string name) => name.Contains(':', StringComparison.Ordinal) || Plain.Contains(name, StringComparer.OrdinalIgnoreCase);
}
