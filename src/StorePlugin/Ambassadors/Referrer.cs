// Where a click came from, as one of seven words: the class is kept, the address is not (rule T11).
using StorePlugin.Stores;

namespace StorePlugin.Ambassadors;

internal static class Referrer
{
    public const string None = "none";
    public const string Search = "search";
    public const string Social = "social";
    public const string Mail = "mail";
    public const string Store = "store";
    public const string Coupon = "coupon";
    public const string Other = "other";

    // Before the others, since several share a domain with a search engine.
    private static readonly string[] MailHosts =
    [
        "mail.google.com", "mail.yahoo.com", "outlook.live.com", "outlook.office.com", "outlook.office365.com", "outlook.com", "mail.aol.com",
        "mail.proton.me", "gmx.net", "gmx.com", "web.de", "mail.ru", "mail.yandex.ru", "icloud.com", "fastmail.com", "mail.zoho.com",
        "com.google.android.gm", "com.microsoft.office.outlook", "com.yahoo.mobile.client.android.mail",
    ];

    private static readonly string[] SocialHosts =
    [
        "facebook.com", "fb.com", "fb.me", "messenger.com", "instagram.com", "threads.net", "threads.com", "twitter.com", "x.com", "t.co", "tiktok.com",
        "youtube.com", "youtu.be", "pinterest.com", "pin.it", "linkedin.com", "lnkd.in", "reddit.com", "snapchat.com", "whatsapp.com", "wa.me",
        "telegram.org", "t.me", "discord.com", "bsky.app", "mastodon.social", "vk.com", "twitch.tv", "tumblr.com", "line.me", "weibo.com", "linktr.ee",
        "com.facebook.katana", "com.instagram.android", "com.twitter.android", "com.zhiliaoapp.musically", "com.linkedin.android",
        "com.reddit.frontpage", "com.pinterest", "com.whatsapp", "org.telegram.messenger",
    ];

    private static readonly string[] SearchHosts =
    [
        "bing.com", "duckduckgo.com", "ecosia.org", "search.yahoo.com", "baidu.com", "qwant.com", "startpage.com", "kagi.com", "search.brave.com",
        "seznam.cz", "naver.com", "com.google.android.googlequicksearchbox",
    ];

    // Where codes are passed on to strangers: with many uses of a code that nobody clicked for, a sign of a leak (rule F5).
    private static readonly string[] CouponHosts =
    [
        "retailmenot.com", "joinhoney.com", "honey.com", "coupons.com", "groupon.com", "couponfollow.com", "couponbirds.com", "simplycodes.com", "dealspotr.com",
        "wethrift.com", "slickdeals.net", "promocodes.com", "offers.com", "savings.com", "capitaloneshopping.com", "rakuten.com", "knoji.com", "dontpayfull.com",
        "goodshop.com", "coupert.com", "vouchercodes.co.uk", "myvouchercodes.co.uk", "hotukdeals.com", "mydealz.de", "dealabs.com", "pepper.com", "gutscheine.de",
        "gutscheinpony.de", "coupons.de", "ma-reduc.com", "igraal.com", "chollometro.com", "ozbargain.com.au", "redflagdeals.com",
    ];

    // These go by a country's domain, as in google.de and google.co.uk.
    private static readonly string[] SearchNames = ["google", "yandex"];

    /// <summary>The class of a Referer header; a header that is no address is <see cref="Other"/>.</summary>
    public static string Of(string? header, Store store)
    {
        if (string.IsNullOrWhiteSpace(header))
        {
            return None;
        }

        if (!Uri.TryCreate(header, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https" or "android-app"))
        {
            return Other;
        }

        var host = address.IdnHost.ToLowerInvariant();
        return IsOf(host, HostOf(store.PrimaryDomain)) || IsOf(host, HostOf(store.Domain)) ? Store
            : MailHosts.Any(known => IsOf(host, known)) ? Mail
            : CouponHosts.Any(known => IsOf(host, known)) ? Coupon
            : SocialHosts.Any(known => IsOf(host, known)) ? Social
            : SearchHosts.Any(known => IsOf(host, known)) || IsOfName(host) ? Search
            : Other;
    }

    private static bool IsOf(string host, string? domain) =>
        domain is { Length: > 0 } && host.EndsWith(domain, StringComparison.Ordinal)
        && (host.Length == domain.Length || host[^(domain.Length + 1)] == '.');

    private static bool IsOfName(string host)
    {
        var labels = host.Split('.');
        return labels.Length >= 2 && SearchNames.Any(name => labels[^2] == name || (labels.Length >= 3 && labels[^3] == name && labels[^2].Length <= 3));
    }

    // WooCommerce stores are known by an address, the others by a host.
    private static string? HostOf(string? domain) =>
        domain is null ? null
        : Uri.TryCreate(domain.Contains("://", StringComparison.Ordinal) ? domain : "https://" + domain, UriKind.Absolute, out var address)
            ? address.IdnHost.ToLowerInvariant()
            : null;
}
