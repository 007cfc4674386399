// What the topics of the platforms look like: one that is merely unknown is taken, and one that is none is refused.
using System.Buffers;

namespace StorePlugin.Webhooks;

internal static class Topic
{
    private static readonly SearchValues<char> OfWords = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789_");

    // The names of WordPress hooks are whatever their plugins make of them.
    private static readonly SearchValues<char> OfHooks =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./");

    /// <summary>
    /// Two words and one slash, as in <c>orders/paid</c>; a few topics have a dot in its place, as in
    /// <c>customer.tags_added</c>. The rehearsal platform's topics are of the same form.
    /// </summary>
    public static bool IsOfShopify(string topic)
    {
        var joint = topic.AsSpan().IndexOfAny('/', '.');
        return joint > 0 && joint < topic.Length - 1
            && !topic.AsSpan(0, joint).ContainsAnyExcept(OfWords) && !topic.AsSpan(joint + 1).ContainsAnyExcept(OfWords);
    }

    /// <summary>A resource, a dot and an event, as in <c>order.updated</c>, or <c>action.</c> and the name of a hook.</summary>
    public static bool IsOfWooCommerce(string topic)
    {
        var joint = topic.IndexOf('.', StringComparison.Ordinal);
        return joint > 0 && joint < topic.Length - 1
            && !topic.AsSpan(0, joint).Contains('/') && !topic.AsSpan().ContainsAnyExcept(OfHooks);
    }
}
