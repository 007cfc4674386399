// Every configuration key of the program, read once and checked as a whole before anything starts.
using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Data.SqlClient;
using Microsoft.Data.Sqlite;
using StorePlugin.Data;
using StorePlugin.Mail;
using StorePlugin.Webhooks;

namespace StorePlugin;

/// <summary>The app's registration at Shopify.</summary>
/// <param name="AdminUrl">Where a shop's admin answers; <c>{shop}</c> stands for the shop's domain.</param>
internal sealed record ShopifyOptions(
    string ClientId, string ClientSecret, string? PreviousClientSecret, string Scopes, string ApiVersion, string AdminUrl)
{
    /// <summary>The current secret first, then the one it replaced, as bytes that key an HMAC.</summary>
    public ImmutableArray<byte[]> Secrets { get; } = PreviousClientSecret is null
        ? [Encoding.UTF8.GetBytes(ClientSecret)]
        : [Encoding.UTF8.GetBytes(ClientSecret), Encoding.UTF8.GetBytes(PreviousClientSecret)];

    /// <summary>Where every shop's admin answers at one address, as a stand-in does: that address; else null.</summary>
    public Uri? FixedAdmin => AdminUrlOf("one.myshopify.com") is var one && one.Authority == AdminUrlOf("other.myshopify.com").Authority ? one : null;

    public Uri AdminUrlOf(string shop) => new(AdminUrl.Replace("{shop}", shop, StringComparison.Ordinal).TrimEnd('/') + "/");
}

/// <summary>What the host asks stores on Shopify for the app.</summary>
/// <param name="Name">What the merchant reads on their bill.</param>
/// <param name="Price">For 30 days.</param>
/// <param name="TrialDays">For how long it costs nothing at first.</param>
/// <param name="IsTest">Whether Shopify charges nothing for it, as development stores need it.</param>
internal sealed record BillingOptions(string Name, Money Price, int TrialDays, bool IsTest);

/// <summary>How mail leaves: by SMTP, or as files into a folder.</summary>
/// <param name="StartTls">Whether the connection to the server must be encrypted before anything is said.</param>
/// <param name="From">Set wherever <paramref name="Host"/> is.</param>
/// <param name="Folder">Where mail lies that goes to no server; the mail of rehearsals always does.</param>
/// <param name="BounceAddress">Where what cannot be delivered goes back to, each mail with its id behind a plus; null: to <paramref name="From"/>.</param>
/// <param name="BounceSecret">Opens the door for what comes back; null: nobody's does.</param>
internal sealed record MailOptions(
    string? Host, int Port, bool StartTls, string? User, string? Password, string? From, string Folder, string? BounceAddress = null, string? BounceSecret = null);

/// <summary>Configuration that is partly set or wrong. Each problem names its key.</summary>
internal sealed class SettingsException(IReadOnlyList<string> problems)
    : Exception(string.Join(Environment.NewLine, problems))
{
    /// <summary>EX_CONFIG of sysexits.h.</summary>
    public const int ExitCode = 78;
}

/// <summary>The configuration of the program. The README's table lists the keys.</summary>
internal sealed partial record Settings
{
    private const string DefaultScopes = "read_orders,write_discounts";
    private const string DefaultApiVersion = "2026-10";
    private const int BillingTrialDaysMax = 365;
    private const int BillingNameLengthMax = 60;
    private const int BounceSecretLengthMin = 16;

    public required string DataFolder { get; init; }

    public required DatabaseOptions Database { get; init; }

    /// <summary>Base of links and callbacks without a final slash; null: the address that the server listens on.</summary>
    public required string? PublicUrl { get; init; }

    /// <summary>Null where the app is not registered at Shopify.</summary>
    public required ShopifyOptions? Shopify { get; init; }

    /// <summary>Null: the app costs nothing.</summary>
    public required BillingOptions? Billing { get; init; }

    public required Uri StripeApiUrl { get; init; }

    public required bool WooCommerceAllowHttp { get; init; }

    public required MailOptions Mail { get; init; }

    public required string KeyFile { get; init; }

    public required string? ClockFile { get; init; }

    /// <summary>Null: the library's own limit.</summary>
    public required long? WebhookBodyBytesMax { get; init; }

    /// <summary>Where everything lies, a line each, for whoever starts the program. Nothing of it is secret.</summary>
    public string Whereabouts =>
        $"""
        Data folder  {DataFolder}
        Database     {Database.Place}
        Key file     {KeyFile}
        Mail         {(Mail.Host is null ? $"files in {Mail.Folder}" : string.Create(CultureInfo.InvariantCulture, $"SMTP server {Mail.Host}:{Mail.Port}, from {Mail.From}"))}
        """;

    /// <summary>Whether a proxy in front of the program is believed where a request comes from: the framework's own key.</summary>
    public required bool ForwardedHeaders { get; init; }

    /// <summary>What does not look right, for whoever starts the program; null when all does.</summary>
    public string? Warning => PublicUrl?.StartsWith("https:", StringComparison.OrdinalIgnoreCase) == true && !ForwardedHeaders
        ? "PublicUrl is https, so a proxy seems to stand in front, and ASPNETCORE_FORWARDEDHEADERS_ENABLED is not true: all visitors look like one " +
            "network, and share its limits for clicks and applications."
        : null;

    /// <summary>How many rehearsal stores may be made on this host in an hour; anybody may ask.</summary>
    public required int RehearsalInstallsPerHourMax { get; init; }

    /// <summary>Whether the workers stand still, as tests and measurements want it.</summary>
    public required bool WorkersIdle { get; init; }

    /// <summary>Reads and checks everything.</summary>
    /// <exception cref="SettingsException">Something is missing or wrong; all problems are told at once.</exception>
    public static Settings Read(IConfiguration configuration, IHostEnvironment environment)
    {
        var read = new Reader(configuration, environment.ContentRootPath);
        var dataFolder = read.Path("Data:Folder") ?? Path.Combine(environment.ContentRootPath, "data");
        var settings = new Settings
        {
            DataFolder = dataFolder,
            Database = ReadDatabase(read, dataFolder),
            PublicUrl = read.Root("PublicUrl"),
            Shopify = ReadShopify(read),
            Billing = ReadBilling(read),
            StripeApiUrl = read.Url("Stripe:ApiUrl") ?? new Uri("https://api.stripe.com/"),
            WooCommerceAllowHttp = read.Flag("WooCommerce:AllowHttp"),
            Mail = ReadMail(read, dataFolder),
            KeyFile = read.Path("Secrets:KeyFile") ?? Path.Combine(dataFolder, "secrets.key"),
            ClockFile = read.Path("Clock:File"),
            WebhookBodyBytesMax = read.Number("Webhooks:BodyBytesMax", 1, 1 << 30),
            RehearsalInstallsPerHourMax = (int)(read.Number("Rehearsal:InstallsPerHourMax", 1, 10_000) ?? 60),
            WorkersIdle = read.Flag("Workers:Idle"),
            ForwardedHeaders = read.Text("ForwardedHeaders_Enabled")?.Equals("true", StringComparison.OrdinalIgnoreCase) == true,
        };

        if (settings.ClockFile is not null && !environment.IsDevelopment())
        {
            read.Refuse("Clock:File", "moves the clock for checks and is refused unless the environment is Development");
        }
        else if (settings.ClockFile is { } clockFile && !FileClock.Holds(clockFile))
        {
            read.Refuse("Clock:File", $"names {clockFile}, which does not hold an instant such as 2026-03-01T10:00:00Z");
        }

        if (settings.Database.Provider == Dialect.SqlServer.Name && read.Text("Secrets:KeyFile") is null)
        {
            read.Refuse("Secrets:KeyFile", "must name a file outside the database when Database:Provider is sqlserver");
        }

        read.ThrowIfRefused();
        return settings;
    }

    private static DatabaseOptions ReadDatabase(Reader read, string dataFolder)
    {
        var provider = read.Text("Database:Provider") ?? Dialect.Sqlite.Name;
        var connection = read.Text("ConnectionStrings:StorePlugin");
        if (provider != Dialect.Sqlite.Name && provider != Dialect.SqlServer.Name)
        {
            read.Refuse("Database:Provider", $"is '{provider}' and must be sqlite or sqlserver");
        }
        else if (provider == Dialect.SqlServer.Name && connection is null)
        {
            read.Refuse("ConnectionStrings:StorePlugin", "must hold a connection string when Database:Provider is sqlserver");
        }

        var text = connection ?? "";
        try
        {
            text = provider == Dialect.SqlServer.Name ? ServerIn(read, text) : FileIn(read, text, Path.Combine(dataFolder, "storeplugin.db"));
        }
        // The text may hold a password, so neither it nor what the driver says of it is repeated.
        catch (Exception e) when (e is ArgumentException or FormatException or InvalidCastException or OverflowException)
        {
            read.Refuse("ConnectionStrings:StorePlugin", provider == Dialect.SqlServer.Name
                ? "is not a connection string of SQL Server"
                : "is not a connection string of SQLite, such as 'Data Source=storeplugin.db'");
        }

        return new DatabaseOptions(provider, text);
    }

    private static string ServerIn(Reader read, string text)
    {
        if (text.Length > 0 && new SqlConnectionStringBuilder(text).DataSource.Length == 0)
        {
            read.Refuse("ConnectionStrings:StorePlugin", "must name a server as 'Server=…' when Database:Provider is sqlserver");
        }

        return text;
    }

    private static string FileIn(Reader read, string text, string byDefault)
    {
        var parts = new SqliteConnectionStringBuilder(text);
        if (text.Length == 0)
        {
            parts.DataSource = byDefault;
        }
        else if (parts.DataSource.Length == 0 || parts.DataSource == ":memory:" || parts.Mode == SqliteOpenMode.Memory)
        {
            // Each connection would have a database of its own.
            read.Refuse("ConnectionStrings:StorePlugin", "must name a file as 'Data Source=…' when Database:Provider is sqlite");
        }
        else if (!parts.DataSource.StartsWith("file:", StringComparison.OrdinalIgnoreCase))
        {
            parts.DataSource = read.Resolved(parts.DataSource);
        }

        return parts.ToString();
    }

    private static ShopifyOptions? ReadShopify(Reader read)
    {
        var id = read.Text("Shopify:ClientId");
        var secret = read.Text("Shopify:ClientSecret");
        var previous = read.Text("Shopify:PreviousClientSecret");
        var scopes = read.Text("Shopify:Scopes");
        var version = read.Text("Shopify:ApiVersion");
        var adminUrl = read.Text("Shopify:AdminUrl") ?? "https://{shop}";
        if (!Uri.TryCreate(adminUrl.Replace("{shop}", "a.myshopify.com", StringComparison.Ordinal), UriKind.Absolute, out var url)
            || url.Scheme is not ("http" or "https") || url.UserInfo.Length > 0 || adminUrl.AsSpan().ContainsAny('?', '#'))
        {
            read.Refuse("Shopify:AdminUrl", $"is '{adminUrl}' and must be an http or https address without query, in which {{shop}} is replaced");
        }
        // A stand-in on a developer's machine may be one shop; the real thing would get every shop's token at one address.
        else if (url.Scheme == "https" && !url.IsLoopback && !adminUrl.Contains("{shop}", StringComparison.Ordinal))
        {
            read.Refuse("Shopify:AdminUrl", $"is '{adminUrl}' and must hold {{shop}}, which is replaced by each shop's domain");
        }

        if (id is null && secret is null && previous is null && scopes is null && version is null)
        {
            return null;
        }

        if (id is null)
        {
            read.Refuse("Shopify:ClientId", "is missing although other Shopify keys are set; set all or none");
        }

        if (secret is null)
        {
            read.Refuse("Shopify:ClientSecret", "is missing although other Shopify keys are set; set all or none");
        }

        if (version is not null && !ApiVersionForm().IsMatch(version))
        {
            read.Refuse("Shopify:ApiVersion", $"is '{version}' and must be a version such as {DefaultApiVersion}");
        }

        if (scopes is not null && !ScopesForm().IsMatch(scopes))
        {
            read.Refuse("Shopify:Scopes", $"is '{scopes}' and must be scopes separated by commas, such as {DefaultScopes}");
        }

        return new ShopifyOptions(
            id ?? "", secret ?? "", previous, (scopes ?? DefaultScopes).Replace(" ", "", StringComparison.Ordinal), version ?? DefaultApiVersion, adminUrl);
    }

    private static BillingOptions? ReadBilling(Reader read)
    {
        var (price, currency) = (read.Text("Billing:Price"), read.Text("Billing:Currency"));
        var trialDays = read.Number("Billing:TrialDays", 0, BillingTrialDaysMax);
        var isTest = read.Flag("Billing:Test");
        var name = read.Text("Billing:Name");
        if (price is null && (currency ?? read.Text("Billing:TrialDays") ?? read.Text("Billing:Test") ?? name) is null)
        {
            return null;
        }

        if (price is null)
        {
            read.Refuse("Billing:Price", "is missing although other Billing keys are set; without all of them the app costs nothing");
        }

        if (read.Text("Shopify:ClientId") is null)
        {
            read.Refuse("Billing:Price", "is set without Shopify:ClientId; the price is charged by Shopify, and by nobody else");
        }

        if (!Currency.TryParse(currency, out var known))
        {
            read.Refuse("Billing:Currency", currency is null ? "is missing beside Billing:Price" : $"is '{currency}' and must be an ISO 4217 code such as USD");
            return null;
        }

        if (price is not null && (!Money.TryParse(price, known, out var amount) || amount.Minor <= 0))
        {
            read.Refuse("Billing:Price", $"is '{price}' and must be an amount above zero such as {new Money(known.Exponent == 0 ? 9 : 900, known).ToDecimalString()}");
        }

        if (name is { Length: > BillingNameLengthMax })
        {
            read.Refuse("Billing:Name", $"has {name.Length} characters and may have {BillingNameLengthMax}");
        }

        return new BillingOptions(name ?? "StorePlugin", Money.TryParse(price, known, out var asked) ? asked : Money.Zero(known), (int)(trialDays ?? 0), isTest);
    }

    private static MailOptions ReadMail(Reader read, string dataFolder)
    {
        var (host, user, password, from) =
            (read.Text("Mail:Smtp:Host"), read.Text("Mail:Smtp:User"), read.Text("Mail:Smtp:Password"), read.Text("Mail:Smtp:From"));
        var port = read.Number("Mail:Smtp:Port", 1, 65535);
        var folder = read.Path("Mail:Folder");
        var startTls = read.Flag("Mail:Smtp:StartTls") || (read.Text("Mail:Smtp:StartTls") is null && !IsThisMachine(host));
        if (host is null && (user ?? password ?? from ?? read.Text("Mail:Smtp:StartTls")) is not null | port is not null)
        {
            read.Refuse("Mail:Smtp:Host", "is missing although other Mail:Smtp keys are set");
        }

        if (host is not null && from is null)
        {
            read.Refuse("Mail:Smtp:From", "is missing: mail needs a sender's address");
        }

        if (from is not null && !MailSender.IsAddress(from))
        {
            read.Refuse("Mail:Smtp:From", $"is '{from}' and must be an address, such as Lux <mail@lux.example>");
        }

        if ((user is null) != (password is null))
        {
            read.Refuse(user is null ? "Mail:Smtp:User" : "Mail:Smtp:Password", "is missing although its counterpart is set");
        }

        if (host is not null && folder is not null)
        {
            read.Refuse("Mail:Folder", "is set beside Mail:Smtp:Host; mail goes one way or the other");
        }

        var (bounceAddress, bounceSecret) = ReadBounces(read, host);
        return new MailOptions(host, (int)(port ?? 25), startTls, user, password, from, folder ?? Path.Combine(dataFolder, "mail"), bounceAddress, bounceSecret);
    }

    private static (string? Address, string? Secret) ReadBounces(Reader read, string? host)
    {
        var (address, secret) = (read.Text("Mail:Bounces:Address"), read.Text("Mail:Bounces:Secret"));
        if (address is not null && host is null)
        {
            read.Refuse("Mail:Bounces:Address", "is set without Mail:Smtp:Host; nothing comes back of mail that goes into a folder");
        }

        if (address is not null && secret is null)
        {
            read.Refuse("Mail:Bounces:Secret", "is missing although Mail:Bounces:Address is set; what comes back there would be read by nobody");
        }

        if (address is not null && !MailSender.IsBounceAddress(address))
        {
            read.Refuse("Mail:Bounces:Address", $"is '{address}' and must be a plain address without a plus and with at most 27 characters before the @, such as bounces@lux.example");
        }

        if (secret is { Length: < BounceSecretLengthMin })
        {
            read.Refuse("Mail:Bounces:Secret", $"is too short: anybody who guesses it keeps mail from people; use {BounceSecretLengthMin} characters or more");
        }

        return (address, secret);
    }

    private static bool IsThisMachine(string? host) =>
        string.Equals(host, "localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host, out var ip) && IPAddress.IsLoopback(ip));

    [GeneratedRegex(@"\A(\d{4}-(01|04|07|10)|unstable)\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex ApiVersionForm();

    [GeneratedRegex(@"\A[a-z_]+(, ?[a-z_]+)*\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex ScopesForm();

    /// <summary>Reads keys and gathers what is wrong with them.</summary>
    private sealed class Reader(IConfiguration configuration, string root)
    {
        private readonly List<string> _problems = [];

        public void Refuse(string key, string why) => _problems.Add($"{key} {why}.");

        public void ThrowIfRefused()
        {
            if (_problems.Count > 0)
            {
                throw new SettingsException(_problems);
            }
        }

        /// <summary>A blank value counts as not set, since that is what an unset variable of a container becomes.</summary>
        public string? Text(string key) => string.IsNullOrWhiteSpace(configuration[key]) ? null : configuration[key]!.Trim();

        public string? Path(string key) => Text(key) is { } path ? Resolved(path) : null;

        /// <summary>A path against the content root.</summary>
        public string Resolved(string path) => System.IO.Path.GetFullPath(path, root);

        public bool Flag(string key)
        {
            if (Text(key) is { } text && !bool.TryParse(text, out _))
            {
                Refuse(key, $"is '{text}' and must be true or false");
            }

            return bool.TryParse(Text(key), out var flag) && flag;
        }

        public long? Number(string key, long min, long max)
        {
            if (Text(key) is not { } text)
            {
                return null;
            }

            if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number < min || number > max)
            {
                Refuse(key, $"is '{text}' and must be a whole number from {min} to {max}");
                return null;
            }

            return number;
        }

        public Uri? Url(string key)
        {
            if (Text(key) is not { } text)
            {
                return null;
            }

            if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https")
                || text.AsSpan().ContainsAny('?', '#') || url.UserInfo.Length > 0)
            {
                Refuse(key, $"is '{text}' and must be an http or https address without query");
                return null;
            }

            return url;
        }

        /// <summary>An address without a path, since cookies and redirects know of none; without its final slash.</summary>
        public string? Root(string key)
        {
            if (Url(key) is not { } url)
            {
                return null;
            }

            if (url.AbsolutePath != "/")
            {
                Refuse(key, $"is '{url}' and must have no path: the program answers at the root of its host, so give it a host name of its own");
            }

            return url.ToString().TrimEnd('/');
        }
    }
}
