// How often customers of a store are answered: each answer may cost a question to Shopify, or a sign-in link.
using System.Threading.RateLimiting;

namespace StorePlugin.Stores.Shopify;

/// <summary>
/// Two kinds of buckets, in memory only. One for each customer, whom Shopify has proven, so that nobody makes buckets at will. And
/// one for each store's questions to Shopify: on a day of many orders their customers must not use up what discounts are made with.
/// </summary>
internal sealed class CustomerLimit(int burst, TimeSpan each, int questionsBurst = CustomerLimit.QuestionsBurstMax, TimeSpan? questionsEach = null) : IDisposable
{
    // Nobody opens so many pages at once who reads them.
    private const int BurstMax = 30;

    // Shopify's bucket holds 2,000 points or more and gains 100 in each second; a question costs a few.
    private const int QuestionsBurstMax = 100;

    private static readonly TimeSpan Each = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan QuestionsEach = TimeSpan.FromMilliseconds(200);

    private readonly PartitionedRateLimiter<(string Store, string Customer)> _customers =
        PartitionedRateLimiter.Create<(string Store, string Customer), (string, string)>(
            from => RateLimitPartition.GetTokenBucketLimiter(from, _ => BucketOf(burst, each)));

    private readonly PartitionedRateLimiter<string> _questions = PartitionedRateLimiter.Create<string, string>(
        store => RateLimitPartition.GetTokenBucketLimiter(store, _ => BucketOf(questionsBurst, questionsEach ?? QuestionsEach)));

    public CustomerLimit()
        : this(BurstMax, Each)
    {
    }

    /// <summary>Whether one more request of the customer is answered.</summary>
    /// <param name="customerId">Shopify's number of the customer.</param>
    public bool Admits(string store, string customerId)
    {
        using var lease = _customers.AttemptAcquire((store, customerId));
        return lease.IsAcquired;
    }

    /// <summary>Whether Shopify is asked about one more customer of the store.</summary>
    public bool AdmitsQuestion(string store)
    {
        using var lease = _questions.AttemptAcquire(store);
        return lease.IsAcquired;
    }

    public void Dispose()
    {
        _customers.Dispose();
        _questions.Dispose();
    }

    private static TokenBucketRateLimiterOptions BucketOf(int burst, TimeSpan each) =>
        new() { TokenLimit = burst, TokensPerPeriod = 1, ReplenishmentPeriod = each, QueueLimit = 0 };
}
