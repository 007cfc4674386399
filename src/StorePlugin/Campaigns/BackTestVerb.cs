// The verb backtest: what other terms would have come to on past orders; the result on standard output, progress on the other.
using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Options;
using StorePlugin.Pages;
using StorePlugin.Stores;

namespace StorePlugin.Campaigns;

/// <summary>What the command line asked for. The rest are configuration keys as <c>--Key=value</c>.</summary>
/// <param name="TermsFile">A JSON file in the form that the API has for terms.</param>
/// <param name="Json">Whether the result is for a program.</param>
internal sealed record BackTestOrder(string Store, string Campaign, string TermsFile, string From, string To, bool Json, string[] Rest)
{
    private const string JsonOption = "--json";

    private static readonly string[] WithValue = ["--store", "--campaign", "--terms", "--from", "--to"];

    /// <summary>Reads the options; null when they are not the verb's.</summary>
    public static BackTestOrder? Read(string[] args)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        var json = false;
        var (configuration, own) = CommandLine.Split(args, [.. WithValue, JsonOption]);
        for (var i = 0; i < own.Length; i++)
        {
            if (own[i] == JsonOption && !json)
            {
                json = true;
                continue;
            }

            var parts = own[i].Split('=', 2);
            if (!WithValue.Contains(parts[0], StringComparer.Ordinal) || (parts.Length == 1 && (i + 1 == own.Length || own[i + 1].StartsWith('-'))))
            {
                return null;
            }

            var value = (parts.Length == 2 ? parts[1] : own[++i]).Trim();
            if (value.Length == 0 || !values.TryAdd(parts[0], value))
            {
                return null;
            }
        }

        return values.Count == WithValue.Length
            ? new BackTestOrder(values["--store"], values["--campaign"], values["--terms"], values["--from"], values["--to"], json, configuration)
            : null;
    }
}

internal sealed class BackTestVerb(
    NamedStores stores, CampaignDb campaigns, BackTest backTest, TimeProvider clock, IOptions<Microsoft.AspNetCore.Http.Json.JsonOptions> json)
{
    private const int Equal = 0;
    private const int Different = 1;
    private const int Usage = 2;

    /// <summary>
    /// Returns the exit code: 0 when every order comes to the same, 1 on a difference or an order that is booked otherwise than
    /// the terms of its time say, 2 when it is not clear what is asked: 1 must never mean that.
    /// </summary>
    public async Task<int> RunAsync(BackTestOrder order, TextWriter output, TextWriter errors, CancellationToken cancel = default)
    {
        if (await stores.FindAsync(order.Store, errors) is not { } store || await QuestionAsync(order, store, errors, cancel) is not { } question)
        {
            return Usage;
        }

        var started = clock.GetTimestamp();
        var time = new StoreTime(store);
        var result = await backTest.RunAsync(
            store, question, progress => errors.WriteLine($"{Words.Count(progress.Decided, "order", "orders")} decided again, up to {time.At(progress.Reached).Text}."), cancel);
        var seconds = clock.GetElapsedTime(started).TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture);
        await errors.WriteLineAsync($"{Words.Count(result.LookedAt, "order", "orders")} decided again in {seconds} s.");
        await output.WriteLineAsync(order.Json
            ? JsonSerializer.Serialize(BackTestView.Of(question, result), json.Value.SerializerOptions)
            : BackTestText.Of(store, question, result));
        return result.IsEqual && result.Unexplained == 0 ? Equal : Different;
    }

    /// <summary>Everything that is wrong is told at once.</summary>
    private async Task<BackTestQuestion?> QuestionAsync(BackTestOrder order, Store store, TextWriter errors, CancellationToken cancel)
    {
        var wrong = new List<string>();
        var campaign = await campaigns.FindAsync(store, order.Campaign, cancel);
        if (campaign is null)
        {
            wrong.Add($"The store {store.DisplayName} ({store.Id}) has no campaign {order.Campaign}.");
        }

        var interval = new ComparedInterval(
            Read("--from", order.From, DateOrInstant.Beginning(order.From, store)), Read("--to", order.To, DateOrInstant.End(order.To, store)));
        if (interval.From >= interval.To)
        {
            wrong.Add("--to must lie after --from.");
        }

        var terms = await TermsAsync(order.TermsFile, store, wrong, cancel);
        foreach (var reason in wrong)
        {
            await errors.WriteLineAsync(reason);
        }

        return wrong.Count == 0 ? new BackTestQuestion(campaign!, terms!, interval) : null;

        DateTimeOffset? Read(string option, string text, DateTimeOffset? instant)
        {
            if (instant is null)
            {
                wrong.Add($"{option} {text} {DateOrInstant.Wanted}.");
            }

            return instant;
        }
    }

    private static async Task<Terms?> TermsAsync(string path, Store store, List<string> wrong, CancellationToken cancel)
    {
        try
        {
            await using var file = File.OpenRead(path);
            if (file.Length > Api.BodyBytesMax)
            {
                wrong.Add($"{path} is too large: terms have {Api.BodyBytesMax} bytes at most.");
                return null;
            }

            using var document = await JsonDocument.ParseAsync(file, ApiBody.Strict, cancel);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                wrong.Add($"{path} must hold a JSON object: the terms, as the API has them.");
                return null;
            }

            var fields = Fields.Of(document.RootElement);
            var terms = TermsRequest.Read(fields, store.Currency);
            wrong.AddRange(fields.Reasons.Select(reason => $"{path}: {reason}"));
            return terms;
        }
        // A name that nobody can open, or a folder: the system's own words say which.
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            wrong.Add($"{path} cannot be read: {e.Message}");
        }
        catch (JsonException e)
        {
            // What stands twice has no place in the parser's words.
            wrong.Add(e.LineNumber is { } line ? $"{path} is not JSON: see line {line + 1}, byte {e.BytePositionInLine + 1}." : $"{path} names a term twice.");
        }
        // The name of a member holds half of a surrogate pair.
        catch (InvalidOperationException)
        {
            wrong.Add($"{path} is not readable as Unicode text.");
        }

        return null;
    }
}
