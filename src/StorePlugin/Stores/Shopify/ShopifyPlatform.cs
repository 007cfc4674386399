// Shopify as a platform that stores run on.
namespace StorePlugin.Stores.Shopify;

/// <summary>Discount codes, the shop's facts and the storefront's addresses, for Shopify.</summary>
internal sealed partial class ShopifyPlatform(ShopifyAdminClient admin) : IStorePlatform
{
    /// <summary>
    /// The most requests of one effect: an ending, a change, or an adding of codes asks three questions, each of which may need a token,
    /// be refused, renew the token, and be asked again.
    /// </summary>
    public const int CallsMax = 3 * 4;

    public string Name => "shopify";

    /// <summary>
    /// Shopify knows no idempotency key for discounts, so the effect's id stands in the title and as a tag: when the code is
    /// taken, they tell whether it was this effect whose answer was lost (rule I7).
    /// </summary>
    public async Task<DiscountResult> CreateDiscountAsync(Store store, DiscountRequest request, CancellationToken cancel)
    {
        var answer = await admin.AskAsync(store, ShopifyOperations.CreateDiscount, new CreateDiscountVariables(DiscountInput.Of(request)), cancel);
        if (answer is not ShopifyAnswer<CreateDiscountData>.Given given)
        {
            return Without(answer);
        }

        if (given.Data.DiscountCodeBasicCreate is not { } payload)
        {
            return Without(ShopifyAnswer<CreateDiscountData>.OfErrors(given.Errors));
        }

        if (payload.CodeDiscountNode?.Id is { Length: > 0 } id)
        {
            return new DiscountResult.Created(id);
        }

        var errors = payload.UserErrors ?? [];
        return UserError.Judge(errors) switch
        {
            Objection.None => Without(ShopifyAnswer<CreateDiscountData>.OfErrors(given.Errors)),
            Objection.Taken => await RecogniseAsync(store, request, cancel),
            Objection.Internal => new DiscountResult.Failed($"Shopify failed: {UserError.WordsOf(errors)}"),
            _ => new DiscountResult.Refused($"Shopify refuses the discount: {UserError.WordsOf(errors)}"),
        };
    }

    /// <summary>
    /// Deactivates it: the merchant keeps the discount with its history, and shoppers are told that it does not work. Whose
    /// answer was lost is found by its code, and known by its key.
    /// </summary>
    public async Task<DiscountResult> EndDiscountAsync(Store store, DiscountEnding ending, CancellationToken cancel)
    {
        // The answer that holds its id may never have come.
        var id = ending.DiscountId;
        if (id is null)
        {
            var (found, instead) = await FindAsync(store, ending, cancel);
            if (found is null)
            {
                return instead;
            }

            id = found;
        }

        var answer = await admin.AskAsync(store, ShopifyOperations.EndDiscount, new EndDiscountVariables(id), cancel);
        if (answer is not ShopifyAnswer<EndDiscountData>.Given given)
        {
            return Without(answer);
        }

        if (given.Data.DiscountCodeDeactivate is not { } payload)
        {
            return Without(ShopifyAnswer<EndDiscountData>.OfErrors(given.Errors));
        }

        if (payload.CodeDiscountNode?.Id is { Length: > 0 })
        {
            return new DiscountResult.Ended($"The code {ending.Code} takes nothing off any more.");
        }

        // What is refused may be one that the merchant has deleted.
        var errors = payload.UserErrors ?? [];
        return UserError.Judge(errors) switch
        {
            Objection.None => Without(ShopifyAnswer<EndDiscountData>.OfErrors(given.Errors)),
            Objection.Internal => new DiscountResult.Failed($"Shopify failed: {UserError.WordsOf(errors)}"),
            _ => await FindAsync(store, ending, cancel) is { DiscountId: null, Instead: var gone }
                ? gone
                : new DiscountResult.Refused($"Shopify does not end the discount: {UserError.WordsOf(errors)}"),
        };
    }

    /// <summary>Asks by the code, since a discount may have lost it.</summary>
    public async Task<DiscountLook> LookAtDiscountAsync(Store store, string code, string discountId, CancellationToken cancel)
    {
        var answer = await admin.AskAsync(store, ShopifyOperations.FindDiscount, new FindDiscountVariables(code), cancel);
        if (answer is not ShopifyAnswer<FindDiscountData>.Given given)
        {
            return LookOf(Without(answer));
        }

        return given.Data.CodeDiscountNodeByCode switch
        {
            { CodeDiscount: { } now } node when node.Id == discountId => new DiscountLook.Seen(now.IsActive, now.PercentBp, now.EndsAt, now.UsageLimit)
            {
                OncePerCustomer = now.AppliesOncePerCustomer,
                Uses = now.AsyncUsageCount,
            },
            null when given.Errors.IsEmpty =>
                new DiscountLook.Gone($"The code {code} was deleted in the store's admin: it takes nothing off, so orders with it count for nobody by the code."),
            { CodeDiscount: not null } => new DiscountLook.Gone($"In the store the code {code} belongs to another discount now, which was not made here."),
            _ => LookOf(Without(ShopifyAnswer<FindDiscountData>.OfErrors(given.Errors))),
        };
    }

    /// <summary>Shopify gives a discount that is switched off an end, and takes it away where it is switched on.</summary>
    public async Task<DiscountResult> SwitchDiscountAsync(Store store, string code, string discountId, bool on, CancellationToken cancel)
    {
        var (payload, without) = on
            ? PayloadOf(await admin.AskAsync(store, ShopifyOperations.ResumeDiscount, new EndDiscountVariables(discountId), cancel), data => data.DiscountCodeActivate)
            : PayloadOf(await admin.AskAsync(store, ShopifyOperations.EndDiscount, new EndDiscountVariables(discountId), cancel), data => data.DiscountCodeDeactivate);
        if (payload is null)
        {
            return without!;
        }

        var errors = payload.UserErrors ?? [];
        return payload.CodeDiscountNode?.Id is { Length: > 0 } ? new DiscountResult.Switched(on ? $"The code {code} works again." : $"The code {code} takes nothing off any more.")
            : UserError.Judge(errors) is Objection.Refused or Objection.Taken
                ? new DiscountResult.Refused($"Shopify does not switch the discount {(on ? "on" : "off")}: {UserError.WordsOf(errors)}")
            : new DiscountResult.Failed($"Shopify failed: {UserError.WordsOf(errors)}");
    }

    private static (EndDiscountPayload? Payload, DiscountResult? Without) PayloadOf<TData>(ShopifyAnswer<TData> answer, Func<TData, EndDiscountPayload?> read) =>
        answer is not ShopifyAnswer<TData>.Given given ? (null, Without(answer))
        : read(given.Data) is { } payload ? (payload, null)
        : (null, Without(ShopifyAnswer<TData>.OfErrors(given.Errors)));

    public async Task<StoreFacts> ReadStoreAsync(Store store, CancellationToken cancel)
    {
        var answer = await admin.AskAsync(store, ShopifyOperations.ReadShop, new NoVariables(), cancel);
        return FactsOf(answer) ?? throw new PlatformException(
            answer.DataOrThrow().Shop is null ? "Shopify's answer does not hold the shop." : "Shopify's answer does not hold the shop's facts.");
    }

    /// <summary>
    /// Shopify's own address that puts a code into the session, and the storefront's page behind it. The reference stands
    /// in <c>ref</c>, which Shopify copies into the order's landing page.
    /// </summary>
    public Uri LandingUrl(Store store, string? code, string path, string? reference)
    {
        if (path is not (['/'] or ['/', not ('/' or '\\'), ..]))
        {
            throw new ArgumentException("A path on the store's own domain begins with a single slash.", nameof(path));
        }

        var host = store.PrimaryDomain ?? store.Domain;
        var target = WithReference(path, reference);
        return new Uri(code is null
            ? $"https://{host}{target}"
            : $"https://{host}/discount/{Uri.EscapeDataString(code)}?redirect={EscapePath(target)}");
    }

    // As Shopify's own shareable links spell it: the slashes stay, so that people can read where a link leads.
    private static string EscapePath(string target) => Uri.EscapeDataString(target).Replace("%2F", "/", StringComparison.Ordinal);

    /// <summary>The facts in an answer, or null where it holds none.</summary>
    public static StoreFacts? FactsOf(ShopifyAnswer<ReadShopData> answer) =>
        answer is ShopifyAnswer<ReadShopData>.Given { Data.Shop: { } shop }
            ? new StoreFacts(shop.Name, shop.CurrencyCode, shop.IanaTimezone, shop.PrimaryDomain?.Host, shop.Id?.Split('/')[^1], shop.ContactEmail)
            : null;

    /// <summary>The id of the discount that has the code and the key; or what there is instead of it.</summary>
    private async Task<(string? DiscountId, DiscountResult Instead)> FindAsync(Store store, DiscountEnding ending, CancellationToken cancel)
    {
        var answer = await admin.AskAsync(store, ShopifyOperations.FindDiscount, new FindDiscountVariables(ending.Code), cancel);
        if (answer is not ShopifyAnswer<FindDiscountData>.Given given)
        {
            return (null, Without(answer));
        }

        var gone = given.Errors.IsEmpty
            ? new DiscountResult.Ended($"There is no code {ending.Code} of ours in the store.")
            : Without(ShopifyAnswer<FindDiscountData>.OfErrors(given.Errors));
        return given.Data.CodeDiscountNodeByCode is { Id.Length: > 0, CodeDiscount: { } discount } node && discount.Has(ending.EffectId)
            ? (node.Id, gone)
            : (null, gone);
    }

    private async Task<DiscountResult> RecogniseAsync(Store store, DiscountRequest request, CancellationToken cancel)
    {
        var answer = await admin.AskAsync(store, ShopifyOperations.FindDiscount, new FindDiscountVariables(request.Code), cancel);
        if (answer is not ShopifyAnswer<FindDiscountData>.Given given)
        {
            return Without(answer);
        }

        if (given.Data.CodeDiscountNodeByCode is not { Id.Length: > 0, CodeDiscount: { } discount } node)
        {
            return new DiscountResult.Failed("Shopify says that the code is taken, but does not show by which discount.");
        }

        if (discount.Has(request.EffectId))
        {
            return new DiscountResult.Created(node.Id);
        }

        // The title stays out of the reason, which is logged: merchants name discounts after people.
        var holder = HolderOf(node.Id, discount);
        return new DiscountResult.Taken(
            $"The store already has a discount with the code {request.Code} ({holder.Terms}; {(holder.IsActive ? "active" : "not active")}). Please choose another code.",
            holder);
    }

    private static DiscountResult Without<TData>(ShopifyAnswer<TData> answer) => answer switch
    {
        ShopifyAnswer<TData>.Unavailable unavailable => new DiscountResult.Unavailable(unavailable.Reason, unavailable.Wait)
        {
            WaitsForMerchant = unavailable.WaitsForMerchant,
        },
        ShopifyAnswer<TData>.Failed failed => new DiscountResult.Failed(failed.Reason),
        ShopifyAnswer<TData>.Refused refused => new DiscountResult.Refused(refused.Reason),
        _ => throw new System.Diagnostics.UnreachableException("An answer was given."),
    };

    private static DiscountLook LookOf(DiscountResult without) => without switch
    {
        DiscountResult.Unavailable unavailable => new DiscountLook.Unavailable(unavailable.Reason, unavailable.Wait) { WaitsForMerchant = unavailable.WaitsForMerchant },
        DiscountResult.Failed failed => new DiscountLook.Failed(failed.Reason),
        DiscountResult.Refused refused => new DiscountLook.Failed(refused.Reason),
        _ => throw new System.Diagnostics.UnreachableException("There was an answer."),
    };

    private static string WithReference(string path, string? reference)
    {
        if (reference is null)
        {
            return path;
        }

        var hash = path.IndexOf('#', StringComparison.Ordinal);
        var (page, fragment) = hash < 0 ? (path, "") : (path[..hash], path[hash..]);
        var joint = page.Contains('?', StringComparison.Ordinal) ? '&' : '?';
        return $"{page}{joint}ref={Uri.EscapeDataString(reference)}{fragment}";
    }
}
