// The door for what comes back of mails: a mail server pipes the message here, or a provider calls.
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using MimeKit;
using StorePlugin.Data;
using StorePlugin.Stores;

namespace StorePlugin.Mail;

/// <param name="Reports">How many the body held.</param>
/// <param name="Suppressed">Those that put an address on the list, or found it there.</param>
/// <param name="Unknown">Those that name no mail which was sent in the last 30 days.</param>
/// <param name="Ignored">Delays, successes, and refusals that are not about the mailbox.</param>
internal sealed record BounceAnswer(int Reports, int Suppressed, int Unknown, int Ignored);

internal static partial class BounceEndpoints
{
    /// <summary>A report with the mail in it; none of ours has an attachment.</summary>
    public const int BytesMax = 1024 * 1024;

    // The mail is what is looked for, whichever store it belongs to.
    private const string FindSend = "SELECT store_id, person_hash FROM mail_sends WHERE effect_id = @effectId";

    public static void MapBounces(this IEndpointRouteBuilder routes) => routes.MapPost("/webhooks/mail", Take).ExcludeFromDescription();

    private static async Task<IResult> Take(
        HttpContext context, Settings settings, Db db, StoreDirectory stores, Suppressions suppressions, ILogger<Suppressions> logger, CancellationToken cancel)
    {
        if (settings.Mail.BounceSecret is not { } secret)
        {
            return Problems.Of(
                StatusCodes.Status503ServiceUnavailable, "bounces-not-configured", "Bounces are not taken here.", "The key Mail:Bounces:Secret is not set on this host.");
        }

        if (Api.BearerOf(context.Request.Headers.Authorization) is not { } token || !IsSame(token, secret))
        {
            context.Response.Headers.WWWAuthenticate = "Bearer";
            return Problems.Of(
                StatusCodes.Status401Unauthorized, "bounce-secret-wrong", "The secret is missing or wrong.", "Send the header Authorization: Bearer with the value of Mail:Bounces:Secret.");
        }

        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = BytesMax;
        }

        IReadOnlyList<MailReport>? reports;
        try
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body, cancel);
            body.Position = 0;
            reports = await ReadAsync(context.Request.ContentType, body, cancel);
        }
        catch (BadHttpRequestException e)
        {
            return e.StatusCode == StatusCodes.Status413PayloadTooLarge
                ? Problems.Of(e.StatusCode, "body-too-large", "The body is too large.", $"A report may have {BytesMax} bytes.")
                : Unreadable;
        }
        catch (Exception e) when (e is FormatException or JsonException)
        {
            return Unreadable;
        }

        if (reports is null)
        {
            return Problems.Of(
                StatusCodes.Status415UnsupportedMediaType, "content-type-unsupported", "The body is of no known type.",
                "Send message/rfc822 or multipart/report with a delivery report in it, or application/json with a list of at most 1,000 objects.");
        }

        return TypedResults.Ok(await TakeAsync(reports, db, stores, suppressions, logger, cancel));
    }

    private static IResult Unreadable =>
        Problems.Of(StatusCodes.Status400BadRequest, "report-invalid", "The body cannot be read.", "It is no message, no report or no JSON, or it broke off.");

    private static async Task<IReadOnlyList<MailReport>?> ReadAsync(string? header, Stream body, CancellationToken cancel)
    {
        if (header is null || !ContentType.TryParse(header, out var type))
        {
            return null;
        }

        if (type.IsMimeType("application", "json"))
        {
            using var document = await JsonDocument.ParseAsync(body, ApiBody.Strict, cancel);
            return BounceReader.OfJson(document.RootElement);
        }

        return type.IsMimeType("message", "rfc822") ? [await BounceReader.OfMessageAsync(body, cancel)]
            : type.IsMimeType("multipart", "report") ? [await BounceReader.OfReportAsync(type, body, cancel)]
            : null;
    }

    private static async Task<BounceAnswer> TakeAsync(
        IReadOnlyList<MailReport> reports, Db db, StoreDirectory stores, Suppressions suppressions, ILogger logger, CancellationToken cancel)
    {
        var (suppressed, unknown, ignored) = (0, 0, 0);
        foreach (var report in reports)
        {
            if (report.Kind == ReportKind.Other)
            {
                Log.Ignored(logger, report.EffectId ?? "a mail", report.Detail ?? "no code");
                ignored++;
            }
            else if (report.EffectId is not { } effectId || await db.OneAsync<Send>(FindSend, new { effectId }, cancel) is not { } send)
            {
                Log.Unknown(logger, report.EffectId ?? "no mail of ours");
                unknown++;
            }
            else
            {
                var reason = report.Kind == ReportKind.Complaint ? SuppressionReason.Complained : SuppressionReason.Bounced;
                var store = await stores.GetAsync(send.StoreId, cancel);
                await suppressions.AddAsync(store, send.PersonHash, reason, report.Detail, Suppressions.TheMailServer, cancel);
                Log.Suppressed(logger, send.StoreId, effectId, reason);
                suppressed++;
            }
        }

        return new BounceAnswer(reports.Count, suppressed, unknown, ignored);
    }

    private static bool IsSame(string token, string secret) => CryptographicOperations.FixedTimeEquals(
        SHA256.HashData(Encoding.UTF8.GetBytes(token)), SHA256.HashData(Encoding.UTF8.GetBytes(secret)));

    private sealed record Send(string StoreId, string PersonHash);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Store {StoreId}: mail {EffectId} came back, and its address gets no more ({Reason})")]
        public static partial void Suppressed(ILogger logger, string storeId, string effectId, string reason);

        [LoggerMessage(LogLevel.Information, "A report came about {EffectId}, which was not sent from here in the last 30 days")]
        public static partial void Unknown(ILogger logger, string effectId);

        [LoggerMessage(LogLevel.Information, "A report about {EffectId} is not about its mailbox: {Detail}")]
        public static partial void Ignored(ILogger logger, string effectId, string detail);
    }
}
