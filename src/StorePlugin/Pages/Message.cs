// The model of a page that says one thing.
namespace StorePlugin.Pages;

/// <param name="Reference">The request's id, where something of ours went wrong.</param>
public sealed record Message(string Title, IReadOnlyList<string> Texts, FrameLink? Link = null, string? Reference = null);
