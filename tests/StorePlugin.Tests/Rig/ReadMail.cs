// Reads a mail as a mail program would: headers unfolded and decoded, the plain text and the page taken out.
using System.Text;
using System.Text.RegularExpressions;
using AngleSharp.Dom;
using AngleSharp.Html.Parser;

namespace StorePlugin.Tests.Rig;

/// <summary>A mail that was sent.</summary>
/// <param name="Headers">In their order, unfolded, as they were sent: still encoded.</param>
internal sealed partial record ReadMail(IReadOnlyList<(string Name, string Value)> Headers, string Text, string Html)
{
    /// <summary>A header's value as people read it.</summary>
    public string this[string name] => Decode(Headers.Single(header => header.Name == name).Value);

    public IDocument Page => new HtmlParser().ParseDocument(Html);

    /// <summary>What a person sees of the page, with single blanks.</summary>
    public string PageText => Blanks().Replace(Page.Body!.TextContent, " ").Trim();

    public static ReadMail Of(string raw)
    {
        var (head, body) = Halves(raw);
        var headers = HeadersOf(head);
        var boundary = Boundary().Match(headers.Single(header => header.Name == "Content-Type").Value).Groups["boundary"].Value;
        var parts = body.Split("--" + boundary)[1..^1].Select(PartOf).ToDictionary(part => part.Type, part => part.Text);
        return new ReadMail(headers, parts["text/plain; charset=utf-8"], parts["text/html; charset=utf-8"]);
    }

    /// <summary>The mails in the app's folder, in the order in which they were caused.</summary>
    public static IReadOnlyList<ReadMail> AllOf(StoreApp app)
    {
        var folder = Path.Combine(app.Folder, "mail");
        return Directory.Exists(folder)
            ? [.. Directory.GetFiles(folder, "*.eml").Order(StringComparer.Ordinal).Select(file => Of(File.ReadAllText(file, Encoding.Latin1)))]
            : [];
    }

    private static (string Type, string Text) PartOf(string part)
    {
        var (head, body) = Halves(part);
        var headers = HeadersOf(head.TrimStart());

        // The last line end belongs to the boundary behind it.
        var text = body[..^2];
        return (ValueOf("Content-Type")!, Encoding.UTF8.GetString(ValueOf("Content-Transfer-Encoding") switch
        {
            "base64" => Convert.FromBase64String(text),
            "quoted-printable" => Bytes(SoftEnd().Replace(text, "")),
            null or "7bit" => Encoding.ASCII.GetBytes(text),
            var other => throw new NotSupportedException(other),
        }));

        string? ValueOf(string name) => headers.Where(header => header.Name == name).Select(header => header.Value).SingleOrDefault();
    }

    private static byte[] Bytes(string quoted) => Encoding.Latin1.GetBytes(Hex().Replace(quoted, hex => ((char)Convert.ToByte(hex.Value[1..], 16)).ToString()));

    private static (string Head, string Body) Halves(string text)
    {
        var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        return (text[..end], text[(end + 4)..]);
    }

    private static List<(string Name, string Value)> HeadersOf(string head) =>
    [
        .. Fold().Replace(head, " ").Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(": ", 2)).Select(parts => (parts[0], parts[1])),
    ];

    // RFC 2047: the blank between two encoded words is none.
    private static string Decode(string value) => Word().Replace(Between().Replace(value, ""), word =>
    {
        var text = word.Groups["text"].Value;
        return word.Groups["way"].Value is "B" or "b"
            ? Encoding.UTF8.GetString(Convert.FromBase64String(text))
            : Encoding.UTF8.GetString(Bytes(text.Replace('_', ' ')));
    });

    [GeneratedRegex(@"\r\n[ \t]+")]
    private static partial Regex Fold();

    [GeneratedRegex("boundary=\"?(?<boundary>[^\";\\s]+)", RegexOptions.ExplicitCapture)]
    private static partial Regex Boundary();

    [GeneratedRegex(@"=\?utf-8\?(?<way>[BbQq])\?(?<text>[^?]*)\?=", RegexOptions.ExplicitCapture)]
    private static partial Regex Word();

    [GeneratedRegex(@"(?<=\?=)\s+(?==\?)")]
    private static partial Regex Between();

    [GeneratedRegex("=\r\n")]
    private static partial Regex SoftEnd();

    [GeneratedRegex("=[0-9A-F]{2}")]
    private static partial Regex Hex();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();
}
