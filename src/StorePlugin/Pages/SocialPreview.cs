// What other sites show of a page that somebody shares (Open Graph, https://ogp.me).
namespace StorePlugin.Pages;

/// <param name="Url">The page's own address, whole.</param>
/// <param name="ImageUrl">The address of a picture, whole; null for none.</param>
/// <param name="Site">The name of the store.</param>
public sealed record SocialPreview(string Title, string Description, string Url, string? ImageUrl, string Site);
