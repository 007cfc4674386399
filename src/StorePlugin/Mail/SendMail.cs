// Performs the effect that sends a mail: reads who and what, writes the letter, hands it to the sender.
using System.Diagnostics;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using StorePlugin.Inbox;
using StorePlugin.Stores;

namespace StorePlugin.Mail;

/// <summary>
/// The effect's id is the mail's Message-ID, so that a mail which is sent again after a crash is known as the same.
/// </summary>
internal sealed class SendMail(
    StoreDirectory stores, Welcome welcome, OrderDigest digest, PayoutSent payoutSent, RewardGiven rewardGiven, ReviewReminder reviewReminder,
    TermsChanged termsChanged, TermsWithdrawn termsWithdrawn, PrivacyFileReady privacyFile, MailSender sender, IServiceProvider services, ILoggerFactory loggers) : IEffectHandler
{
    private static readonly TimeSpan NotYetWait = TimeSpan.FromMinutes(1);

    public string Kind => Effect.Kinds.Mail;

    public async Task<EffectResult> PerformAsync(Effect effect, CancellationToken cancel)
    {
        var store = await stores.GetAsync(effect.StoreId, cancel);
        var notice = MailNotice.FromJson(effect.Payload);
        var writing = notice switch
        {
            { Mail: MailNotice.Welcome, Ambassador: { } id } => await welcome.WriteAsync(store, id, cancel),
            { Mail: MailNotice.OrderDigest, Ambassador: { } id, Day: { } day } => await digest.WriteAsync(store, id, day, cancel),
            { Mail: MailNotice.PayoutSent, Payout: { } payoutId } => await payoutSent.WriteAsync(store, payoutId, cancel),
            { Mail: MailNotice.RewardGiven, Ambassador: { } id, Reward: { } rewardId } => await rewardGiven.WriteAsync(store, id, rewardId, cancel),
            { Mail: MailNotice.ReviewReminder } => await reviewReminder.WriteAsync(store, cancel),
            { Mail: MailNotice.TermsChanged, Ambassador: { } id, Campaign: { } campaignId, Revision: { } number } =>
                await termsChanged.WriteAsync(store, id, campaignId, number, cancel),
            { Mail: MailNotice.TermsWithdrawn, Ambassador: { } id, Campaign: { } campaignId, Revision: { } number } =>
                await termsWithdrawn.WriteAsync(store, id, campaignId, number, cancel),
            { Mail: MailNotice.PrivacyFile, Request: { } requestId } => await privacyFile.WriteAsync(store, requestId, cancel),
            _ => null,
        };
        return writing switch
        {
            null => new EffectResult.Refused($"This program knows no mail '{notice.Mail}'."),
            Writing.Unneeded unneeded => new EffectResult.Done(unneeded.Why),
            Writing.NotYet notYet => new EffectResult.PutOff(notYet.Why, NotYetWait),
            Writing.Written written => await SendAsync(store, effect.Id, written.Letter, cancel),
            _ => throw new UnreachableException($"{writing.GetType().Name} is no writing."),
        };
    }

    private async Task<EffectResult> SendAsync(Store store, string effectId, Letter letter, CancellationToken cancel) =>
        await sender.SendAsync(store, effectId, letter, LetterText.Of(letter.Content), await HtmlOfAsync(letter.Content), cancel);

    private async Task<string> HtmlOfAsync(LetterContent content)
    {
        // What the renderer asks for belongs to a scope, and in development the framework holds it to that.
        await using var scope = services.CreateAsyncScope();
        await using var renderer = new HtmlRenderer(scope.ServiceProvider, loggers);
        return await renderer.Dispatcher.InvokeAsync(async () =>
        {
            var parameters = ParameterView.FromDictionary(new Dictionary<string, object?>(StringComparer.Ordinal) { [nameof(LetterPage.Model)] = content });
            return (await renderer.RenderComponentAsync<LetterPage>(parameters)).ToHtmlString();
        });
    }
}
