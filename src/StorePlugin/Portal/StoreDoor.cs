// What the page on a store's own domain shows.
using StorePlugin.Pages;

namespace StorePlugin.Portal;

/// <param name="StyleSheet">Its absolute address, since the page lies on another domain.</param>
/// <param name="Links">Buttons; none where there is nowhere to go.</param>
public sealed record StoreDoorModel(string StoreName, string StyleSheet, IReadOnlyList<string> Texts, IReadOnlyList<FrameLink> Links);
