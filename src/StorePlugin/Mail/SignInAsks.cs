// Addresses that were typed on the page that asks for no store, until it is looked up where they take part.
using System.Threading.Channels;
using StorePlugin.Stores;

namespace StorePlugin.Mail;

/// <summary>
/// Whoever asks has been answered by the time when anything is looked up, so that no answer and no time of answering tells who takes
/// part. They are kept in memory only: what a program that ends takes with it is asked for again.
/// </summary>
internal sealed class SignInAsks(SignInRequests requests, StoreDirectory stores)
{
    // As many as come in while one is looked up; what is beyond is nobody's who waits for a mail.
    private const int WaitingMax = 1000;

    private readonly Channel<string> _asked = Channel.CreateBounded<string>(new BoundedChannelOptions(WaitingMax) { FullMode = BoundedChannelFullMode.DropWrite });

    public void Add(string email) => _asked.Writer.TryWrite(email);

    /// <summary>
    /// Asks for a mail where one is due: of several stores by the one where they came last, since the mail lists them all; live stores and
    /// rehearsals each have one. Returns how many were looked up.
    /// </summary>
    public async Task<int> RunOnceAsync(CancellationToken cancel)
    {
        var done = 0;
        while (_asked.Reader.TryRead(out var email))
        {
            foreach (var mode in (string[])["live", "test"])
            {
                if (await requests.EverywhereAsync(email, mode, cancel) is [var newest, ..])
                {
                    await requests.AskAsync(await stores.GetAsync(newest.StoreId, cancel), newest.Email, cancel);
                }
            }

            done++;
        }

        return done;
    }
}
