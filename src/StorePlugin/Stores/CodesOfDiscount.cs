// What comes of adding codes to a discount that the program has made in a store, and of looking at them.
namespace StorePlugin.Stores;

/// <param name="Why">As the platform says it, on one line.</param>
internal sealed record RefusedCode(string Code, string Why);

/// <summary>What came of adding codes.</summary>
internal abstract record CodesResult
{
    /// <summary>The platform has taken the request, and works on it by itself.</summary>
    /// <param name="BulkId">What it is asked about by.</param>
    internal sealed record Begun(string BulkId) : CodesResult;

    /// <summary>It is not done yet.</summary>
    internal sealed record Underway : CodesResult;

    /// <summary>It is done.</summary>
    /// <param name="Made">The codes that work now.</param>
    /// <param name="NotMade">Those that could not be made; some may be there by an earlier request.</param>
    internal sealed record Added(IReadOnlyList<string> Made, IReadOnlyList<RefusedCode> NotMade) : CodesResult;

    /// <summary>The platform knows no such request any more.</summary>
    internal sealed record Forgotten : CodesResult;

    /// <summary>The platform refuses the request.</summary>
    internal sealed record Refused(string Reason) : CodesResult;

    /// <summary>As <see cref="DiscountResult.Unavailable"/>.</summary>
    internal sealed record Unavailable(string Reason, TimeSpan Wait) : CodesResult
    {
        /// <summary>Whether it lasts until the merchant does what the reason says, so that they are to be told.</summary>
        public bool WaitsForMerchant { get; init; }
    }

    /// <summary>Something failed that may pass.</summary>
    internal sealed record Failed(string Reason) : CodesResult;
}

/// <summary>What a look at a discount with many codes found.</summary>
internal abstract record CodesLook
{
    /// <param name="Discount">The discount itself.</param>
    /// <param name="Count">How many codes it has; null where the platform does not count them.</param>
    /// <param name="Found">Those of the codes that were asked about which it has.</param>
    internal sealed record Seen(DiscountLook.Seen Discount, long? Count, IReadOnlyCollection<string> Found) : CodesLook;

    /// <summary>There is no such discount any more.</summary>
    internal sealed record Gone : CodesLook;

    /// <summary>There is no answer, as a <see cref="CodesResult"/> says it: unavailable or failed.</summary>
    internal sealed record Without(CodesResult Result) : CodesLook;
}
