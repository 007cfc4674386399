// Switches the app's web pixel on in a store: its code is part of the app, and each store has to be given its settings.
using System.Text.Json;
using System.Text.Json.Serialization;

namespace StorePlugin.Stores.Shopify;

/// <summary>The pixel hints that a checkout was completed. Nothing is ever paid by it.</summary>
internal sealed class WebPixels(ShopifyAdminClient admin, PublicAddress address)
{
    /// <summary>Whether it was on before makes no difference: it speaks to this program from now on.</summary>
    /// <exception cref="PlatformException">Shopify did not answer, or refused; the message says why.</exception>
    public async Task SwitchOnAsync(Store store, CancellationToken cancel)
    {
        var pixel = new WebPixelInput(JsonSerializer.Serialize(new PixelSettings(address.Of($"/shopify/pixel/{store.Id}")), WebPixelsJson.Default.PixelSettings));
        var made = (await admin.DataAsync(store, WebPixelQuestions.Create, new CreatePixelVariables(pixel), cancel)).WebPixelCreate;
        if (made?.WebPixel?.Id is { Length: > 0 })
        {
            return;
        }

        var errors = made?.UserErrors ?? [];
        if (UserError.Judge(errors) != Objection.Taken)
        {
            throw Refusal(errors);
        }

        // A store has one pixel of an app.
        if ((await admin.DataAsync(store, WebPixelQuestions.Find, new NoVariables(), cancel)).WebPixel?.Id is not { Length: > 0 } id)
        {
            throw new PlatformException("Shopify says that the pixel is there, but does not show it.");
        }

        var changed = (await admin.DataAsync(store, WebPixelQuestions.Change, new ChangePixelVariables(id, pixel), cancel)).WebPixelUpdate;
        if (changed?.WebPixel?.Id is not { Length: > 0 })
        {
            throw Refusal(changed?.UserErrors ?? []);
        }
    }

    private static PlatformException Refusal(IReadOnlyList<UserError> errors) =>
        new($"Shopify does not switch the pixel on: {(errors.Count == 0 ? "it does not say why." : UserError.WordsOf(errors))}");
}

internal static class WebPixelQuestions
{
    public static readonly ShopifyOperation<CreatePixelVariables, CreatePixelData> Create = new(
        "WebPixelCreate", WebPixelsJson.Default.GraphQlRequestCreatePixelVariables, WebPixelsJson.Default.CreatePixelData);

    public static readonly ShopifyOperation<ChangePixelVariables, ChangePixelData> Change = new(
        "WebPixelUpdate", WebPixelsJson.Default.GraphQlRequestChangePixelVariables, WebPixelsJson.Default.ChangePixelData);

    public static readonly ShopifyOperation<NoVariables, FindPixelData> Find = new(
        "WebPixel", ShopifyJson.Default.GraphQlRequestNoVariables, WebPixelsJson.Default.FindPixelData);
}

/// <param name="Settings">JSON as a text, which is how Shopify takes it.</param>
internal sealed record WebPixelInput(string Settings);

/// <param name="Endpoint">As the pixel's <c>shopify.extension.toml</c> declares it.</param>
internal sealed record PixelSettings(string Endpoint);

internal sealed record CreatePixelVariables(WebPixelInput WebPixel);

internal sealed record ChangePixelVariables(string Id, WebPixelInput WebPixel);

internal sealed record CreatePixelData(PixelPayload? WebPixelCreate);

internal sealed record ChangePixelData(PixelPayload? WebPixelUpdate);

internal sealed record FindPixelData(PixelNode? WebPixel);

internal sealed record PixelPayload(PixelNode? WebPixel, IReadOnlyList<UserError>? UserErrors);

internal sealed record PixelNode(string? Id);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(GraphQlRequest<CreatePixelVariables>))]
[JsonSerializable(typeof(GraphQlRequest<ChangePixelVariables>))]
[JsonSerializable(typeof(CreatePixelData))]
[JsonSerializable(typeof(ChangePixelData))]
[JsonSerializable(typeof(FindPixelData))]
[JsonSerializable(typeof(PixelSettings))]
internal sealed partial class WebPixelsJson : JsonSerializerContext;
