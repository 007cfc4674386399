// The seam between intake and everything else: intake can be hosted alone with another implementation of it.
using System.Collections.Immutable;

namespace StorePlugin.Webhooks;

/// <summary>Where proven deliveries go, and what intake must know about a sender.</summary>
public interface IInbox
{
    /// <summary>
    /// Finds the store that a request speaks for, in memory where possible: the path is hot.
    /// </summary>
    /// <param name="key">For Shopify the shop's domain, for the others our id of the store.</param>
    /// <returns>Null when no such store was ever installed.</returns>
    ValueTask<Sender?> FindSenderAsync(WebhookSource source, string key, CancellationToken cancel);

    /// <summary>
    /// Stores a delivery. When the task ends the delivery is on disk; when it throws, it is not, and the platform must
    /// be told to try again.
    /// </summary>
    ValueTask<Acceptance> AcceptAsync(Delivery delivery, CancellationToken cancel);

    /// <summary>Hears that a request was refused because its signature was wrong. It may be a stranger's.</summary>
    /// <param name="storeId">The store that the path names; null where it names none.</param>
    void NoteWrongSignature(WebhookSource source, string? storeId)
    {
    }
}

/// <summary>A store as intake sees it.</summary>
/// <param name="Installed">False once the merchant has removed the app.</param>
/// <param name="Secrets">
/// The webhook secrets of this store for the asked source, as the bytes that key the HMAC; empty for Shopify, whose
/// secrets belong to the app.
/// </param>
/// <param name="LiveMode">Whether the store is live; Stripe's <c>livemode</c> must agree.</param>
public sealed record Sender(string StoreId, bool Installed, ImmutableArray<byte[]> Secrets, bool LiveMode);

/// <summary>What became of a delivery.</summary>
public enum Acceptance
{
    Stored,

    /// <summary>The same key was stored before; nothing was written.</summary>
    Duplicate,
}
