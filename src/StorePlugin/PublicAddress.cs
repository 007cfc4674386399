// The address under which the outside reaches us: the base of links and callbacks.
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace StorePlugin;

/// <summary>Key <c>PublicUrl</c>, else the address that the server listens on.</summary>
internal sealed class PublicAddress(Settings settings, IServer server)
{
    /// <summary>Without a final slash.</summary>
    public string Base => settings.PublicUrl ?? Listening;

    /// <summary>The address on this machine, which the rehearsal platform calls even when a proxy stands before us.</summary>
    public string Listening =>
        server.Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault() is { } address
            ? address.Replace("//[::]:", "//localhost:", StringComparison.Ordinal)
                .Replace("//0.0.0.0:", "//localhost:", StringComparison.Ordinal)
                .Replace("//+:", "//localhost:", StringComparison.Ordinal)
                .Replace("//*:", "//localhost:", StringComparison.Ordinal)
                .TrimEnd('/')
            : "http://localhost:5000";

    public bool IsHttps => Base.StartsWith("https:", StringComparison.OrdinalIgnoreCase);

    /// <summary>An absolute address of ours for a path that begins with a slash.</summary>
    public string Of(string path) => Base + path;
}
