// The app's client of the rehearsal platform: real HTTP to this machine's own address.
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.WebUtilities;
using StorePlugin.Campaigns;
using StorePlugin.Webhooks;

namespace StorePlugin.Stores.Rehearsal;

/// <summary>The rehearsal platform as one platform among others.</summary>
internal sealed partial class RehearsalPlatform(HttpClient http, PublicAddress address, Credentials credentials, RehearsalShopDb platform)
    : IStorePlatform
{
    public const string PlatformName = "rehearsal";

    /// <summary>Longer than any answer of this machine takes.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    private const string NoToken = "The store has no access token: it was never installed, or has uninstalled.";

    private static readonly TimeSpan OutageWait = TimeSpan.FromSeconds(10);

    public string Name => PlatformName;

    public async Task<DiscountResult> CreateDiscountAsync(Store store, DiscountRequest request, CancellationToken cancel)
    {
        if (await credentials.FindAsync(store.Id, CredentialKind.AccessToken, cancel) is not { } token)
        {
            return new DiscountResult.Failed(NoToken);
        }

        // The effect's id goes into the title, where the platform recognises a request that comes again.
        var body = new PlatformDiscountRequest(
            request.Code, TitleOf(request.Title, request.EffectId), request.PercentBp, request.StartsAt, request.AmountOff?.Minor, request.Minimum?.Minor,
            request.UsageLimit, request.OncePerCustomer, request.EndsAt);
        using var message = new HttpRequestMessage(HttpMethod.Post, Of(store.Domain, "discounts"));
        message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token.Value);
        message.Content = JsonContent.Create(body);
        try
        {
            using var answer = await http.SendAsync(message, cancel);
            return answer.StatusCode switch
            {
                HttpStatusCode.OK => new DiscountResult.Created((await ReadAsync<PlatformDiscount>(answer, cancel)).Id),
                HttpStatusCode.UnprocessableEntity => await ReadAsync<PlatformError>(answer, cancel) switch
                {
                    { Error: "taken" } error => new DiscountResult.Taken(error.Description),
                    var error => new DiscountResult.Refused(error.Description),
                },
                var status when IsOutage(status) => new DiscountResult.Unavailable($"The rehearsal platform answered {(int)status}.", OutageWait),
                _ => new DiscountResult.Failed($"The rehearsal platform answered {(int)answer.StatusCode}."),
            };
        }
        catch (Exception e) when (IsOutage(e, cancel))
        {
            return new DiscountResult.Unavailable("The rehearsal platform did not answer.", OutageWait);
        }
    }

    public async Task<DiscountResult> EndDiscountAsync(Store store, DiscountEnding ending, CancellationToken cancel)
    {
        var target = QueryHelpers.AddQueryString(
            Of(store.Domain, $"discounts/{Uri.EscapeDataString(ending.Code)}").AbsoluteUri, "title", TitleOf(ending.Title, ending.EffectId));
        return await ChangeDiscountAsync(
            store, HttpMethod.Delete, new Uri(target), new DiscountResult.Ended($"The code {ending.Code} takes nothing off any more."),
            new DiscountResult.Ended($"There is no code {ending.Code} of ours in the store."), cancel);
    }

    public async Task<DiscountLook> LookAtDiscountAsync(Store store, string code, string discountId, CancellationToken cancel) =>
        await FindDiscountAsync(store, code, cancel) switch
        {
            ({ } now, _) when now.Id == discountId => new DiscountLook.Seen(now.Active, now.PercentBp > 0 ? now.PercentBp : null, now.EndsAt, null)
            {
                OncePerCustomer = now.OncePerCustomer,
            },
            (_, null) => new DiscountLook.Gone($"There is no code {code} of ours in the store."),
            (_, DiscountResult.Unavailable unavailable) => new DiscountLook.Unavailable(unavailable.Reason, unavailable.Wait),
            (_, DiscountResult.Failed failed) => new DiscountLook.Failed(failed.Reason),
            (_, var other) => throw new UnreachableException($"{other.GetType().Name} is no answer."),
        };

    public async Task<HolderLook> FindHolderAsync(Store store, string code, CancellationToken cancel) =>
        await FindDiscountAsync(store, code, cancel) switch
        {
            ({ } now, _) => new HolderLook.Held(new DiscountHolder(now.Id, now.Title, now.Active, TermsOf(now, store)) { PercentBp = now.PercentBp > 0 ? now.PercentBp : null }),
            (_, null) => new HolderLook.Free(),
            (_, DiscountResult.Unavailable unavailable) => new HolderLook.NotTold(unavailable.Reason),
            (_, DiscountResult.Failed failed) => new HolderLook.NotTold(failed.Reason),
            (_, var other) => throw new UnreachableException($"{other.GetType().Name} is no answer."),
        };

    /// <summary>The discount that has a code, or why that is not known; neither where there is none.</summary>
    private async Task<(PlatformDiscountNow? Discount, DiscountResult? Without)> FindDiscountAsync(Store store, string code, CancellationToken cancel)
    {
        if (await credentials.FindAsync(store.Id, CredentialKind.AccessToken, cancel) is not { } token)
        {
            return (null, new DiscountResult.Failed(NoToken));
        }

        using var message = new HttpRequestMessage(HttpMethod.Get, Of(store.Domain, $"discounts/{Uri.EscapeDataString(code)}"));
        message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token.Value);
        try
        {
            using var answer = await http.SendAsync(message, cancel);
            return answer.StatusCode switch
            {
                HttpStatusCode.OK => (await ReadAsync<PlatformDiscountNow>(answer, cancel), null),
                HttpStatusCode.NotFound => (null, null),
                var status when IsOutage(status) => (null, new DiscountResult.Unavailable($"The rehearsal platform answered {(int)status}.", OutageWait)),
                var status => (null, new DiscountResult.Failed($"The rehearsal platform answered {(int)status}.")),
            };
        }
        catch (Exception e) when (IsOutage(e, cancel))
        {
            return (null, new DiscountResult.Unavailable("The rehearsal platform did not answer.", OutageWait));
        }
    }

    private static string TermsOf(PlatformDiscountNow now, Store store)
    {
        var off = now.AmountMinor is { } amount && Currency.TryParse(store.Currency, out var currency)
            ? $"{new Money(amount, currency)} off"
            : string.Create(CultureInfo.InvariantCulture, $"{BasisPoints.ToPercent(now.PercentBp):0.##} % off");
        return off
            + (now.OncePerCustomer ? ", once for each customer" : "")
            + (now.EndsAt is { } end ? string.Create(CultureInfo.InvariantCulture, $", until {end.UtcDateTime:yyyy-MM-dd}") : ", without end");
    }

    public Task<DiscountResult> ChangeDiscountAsync(Store store, string code, string discountId, DiscountChange change, CancellationToken cancel) => ChangeDiscountAsync(
        store, HttpMethod.Post, Of(store.Domain, $"discounts/{Uri.EscapeDataString(discountId)}/terms"),
        new DiscountResult.Changed($"The code {code} gives what the campaign says."),
        new DiscountResult.Refused($"There is no code {code} of ours in the store."), cancel,
        JsonContent.Create(new PlatformDiscountChange(change.PercentBp, change.OncePerCustomer)));

    public Task<DiscountResult> SwitchDiscountAsync(Store store, string code, string discountId, bool on, CancellationToken cancel) => ChangeDiscountAsync(
        store, HttpMethod.Post, Of(store.Domain, $"discounts/{Uri.EscapeDataString(discountId)}/{(on ? "activation" : "deactivation")}"),
        new DiscountResult.Switched(on ? $"The code {code} works again." : $"The code {code} takes nothing off any more."),
        new DiscountResult.Refused($"There is no code {code} of ours in the store."), cancel);

    private async Task<DiscountResult> ChangeDiscountAsync(
        Store store, HttpMethod method, Uri target, DiscountResult changed, DiscountResult unknown, CancellationToken cancel, HttpContent? content = null)
    {
        if (await credentials.FindAsync(store.Id, CredentialKind.AccessToken, cancel) is not { } token)
        {
            return new DiscountResult.Failed(NoToken);
        }

        using var message = new HttpRequestMessage(method, target) { Content = content };
        message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token.Value);
        try
        {
            using var answer = await http.SendAsync(message, cancel);
            return answer.StatusCode switch
            {
                HttpStatusCode.NoContent => changed,
                HttpStatusCode.NotFound => unknown,
                var status when IsOutage(status) => new DiscountResult.Unavailable($"The rehearsal platform answered {(int)status}.", OutageWait),
                var status => new DiscountResult.Failed($"The rehearsal platform answered {(int)status}."),
            };
        }
        catch (Exception e) when (IsOutage(e, cancel))
        {
            return new DiscountResult.Unavailable("The rehearsal platform did not answer.", OutageWait);
        }
    }

    /// <summary>They are there at once.</summary>
    public async Task<CodesResult> AddCodesAsync(Store store, string discountId, IReadOnlyList<string> codes, CancellationToken cancel)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, Of(store.Domain, $"discounts/{Uri.EscapeDataString(discountId)}/codes"));
        message.Content = JsonContent.Create(new PlatformCodes(codes));
        return await AskForCodesAsync<PlatformCodesAdded>(store, message, cancel) switch
        {
            ({ } answer, _) => new CodesResult.Added(
                [.. codes.Except(answer.Refused)], [.. answer.Refused.Select(code => new RefusedCode(code, "The code is taken by another discount of the shop."))]),
            (_, { } without) => without,
            _ => new CodesResult.Refused("There is no such discount of ours in the store."),
        };
    }

    /// <summary>There is nothing to wait for.</summary>
    public Task<CodesResult> LookAtAddedCodesAsync(Store store, string bulkId, CancellationToken cancel) => Task.FromResult<CodesResult>(new CodesResult.Forgotten());

    public async Task<CodesLook> LookAtCodesAsync(Store store, string discountId, IReadOnlyList<string> codes, CancellationToken cancel)
    {
        using var message = new HttpRequestMessage(HttpMethod.Get, Of(store.Domain, $"discounts/{Uri.EscapeDataString(discountId)}/codes"));
        return await AskForCodesAsync<PlatformDiscountWithCodes>(store, message, cancel) switch
        {
            ({ } answer, _) => new CodesLook.Seen(
                new DiscountLook.Seen(answer.Active, answer.PercentBp > 0 ? answer.PercentBp : null, answer.EndsAt, answer.UsageLimit), answer.Codes.Count,
                [.. codes.Intersect(answer.Codes, StringComparer.OrdinalIgnoreCase)]),
            (_, { } without) => new CodesLook.Without(without),
            _ => new CodesLook.Gone(),
        };
    }

    /// <summary>The answer, or why there is none; neither where the shop has no such discount.</summary>
    private async Task<(T? Answer, CodesResult? Without)> AskForCodesAsync<T>(Store store, HttpRequestMessage message, CancellationToken cancel)
        where T : class
    {
        if (await credentials.FindAsync(store.Id, CredentialKind.AccessToken, cancel) is not { } token)
        {
            return (null, new CodesResult.Failed(NoToken));
        }

        message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token.Value);
        try
        {
            using var answer = await http.SendAsync(message, cancel);
            return answer.StatusCode switch
            {
                HttpStatusCode.OK => (await ReadAsync<T>(answer, cancel), null),
                HttpStatusCode.NotFound => (null, null),
                HttpStatusCode.UnprocessableEntity => (null, new CodesResult.Refused((await ReadAsync<PlatformError>(answer, cancel)).Description)),
                var status when IsOutage(status) => (null, new CodesResult.Unavailable($"The rehearsal platform answered {(int)status}.", OutageWait)),
                var status => (null, new CodesResult.Failed($"The rehearsal platform answered {(int)status}.")),
            };
        }
        catch (Exception e) when (IsOutage(e, cancel))
        {
            return (null, new CodesResult.Unavailable("The rehearsal platform did not answer.", OutageWait));
        }
    }

    public async Task<StoreFacts> ReadStoreAsync(Store store, CancellationToken cancel)
    {
        var token = await credentials.FindAsync(store.Id, CredentialKind.AccessToken, cancel)
            ?? throw new PlatformException(NoToken);
        return await ReadFactsAsync(store.Domain, token.Value, cancel);
    }

    /// <summary>Exchanges the code of a callback, and asks for the shop's facts with the token it gave.</summary>
    /// <exception cref="PlatformException">The platform did not answer, or refused.</exception>
    public async Task<Grant> ExchangeAsync(string shop, string code, CancellationToken cancel)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, Of(shop, "access_token"));
        message.Content = new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["client_id"] = RehearsalApp.ClientId,
            ["client_secret"] = platform.AppSecret,
            ["code"] = code,
        });
        var token = await AskAsync<PlatformToken>(message, cancel);
        var facts = await ReadFactsAsync(shop, token.AccessToken, cancel);
        return new Grant(token.AccessToken, null, null, null, token.Scope, token.WebhookSecret, facts);
    }

    public Uri LandingUrl(Store store, string? code, string path, string? reference)
    {
        var target = reference is null ? path : QueryHelpers.AddQueryString(path, "ref", reference);
        var shop = address.Of($"/rehearsal/shop/{store.Id}");
        return new Uri(code is null
            ? shop + target
            : $"{shop}/discount/{Uri.EscapeDataString(code)}?redirect={Uri.EscapeDataString(target).Replace("%2F", "/", StringComparison.Ordinal)}");
    }

    private static string TitleOf(string title, string key) => $"{title} [{key}]";

    private async Task<StoreFacts> ReadFactsAsync(string shop, string token, CancellationToken cancel)
    {
        using var message = new HttpRequestMessage(HttpMethod.Get, Of(shop, "facts"));
        message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        var facts = await AskAsync<PlatformFacts>(message, cancel);
        return new StoreFacts(facts.Name, facts.Currency, facts.TimeZone, facts.Domain, ContactEmail: facts.ContactEmail);
    }

    private async Task<T> AskAsync<T>(HttpRequestMessage message, CancellationToken cancel)
    {
        try
        {
            using var answer = await http.SendAsync(message, cancel);
            return answer.IsSuccessStatusCode
                ? await ReadAsync<T>(answer, cancel)
                : throw new PlatformException($"The rehearsal platform answered {(int)answer.StatusCode}.");
        }
        catch (Exception e) when (IsOutage(e, cancel))
        {
            throw new PlatformException("The rehearsal platform did not answer.", e);
        }
    }

    private Uri Of(string shop, string what) =>
        new($"{address.Listening}/rehearsal/platform/{Uri.EscapeDataString(shop)}/{what}");

    private static async Task<T> ReadAsync<T>(HttpResponseMessage answer, CancellationToken cancel) =>
        await answer.Content.ReadFromJsonAsync<T>(cancel)
            ?? throw new PlatformException("The rehearsal platform answered with nothing.");

    private static bool IsOutage(HttpStatusCode status) => status is HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError;

    private static bool IsOutage(Exception e, CancellationToken cancel) =>
        e is HttpRequestException || (e is TaskCanceledException && !cancel.IsCancellationRequested);
}
