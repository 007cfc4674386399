// What stands around a page: whose store it is, where one can go, and what has just been done.
using StorePlugin.Stores;

namespace StorePlugin.Pages;

/// <summary>The surroundings of a page for someone who has signed in; null fields leave their part out.</summary>
/// <param name="IsRehearsal">The store is made up, and no money moves.</param>
/// <param name="ZoneName">The time zone of every instant on the page.</param>
/// <param name="IsReadOnly">Whoever looks may change nothing, and sees no form.</param>
public sealed record Frame(string StoreName, bool IsRehearsal, string ZoneName, IReadOnlyList<FrameLink> Links, string? Notice = null, bool IsReadOnly = false)
{
    internal static Frame OfDashboard(Visitor visitor, string? notice = null) => new(
        visitor.Store.DisplayName,
        !visitor.Store.IsLive,
        new StoreTime(visitor.Store).ZoneName,
        [
            new("Overview", "/dashboard"), new("Campaigns", "/dashboard/campaigns"), new("Ambassadors", "/dashboard/ambassadors"), new("Orders", "/dashboard/orders"),
            new("Payouts", "/dashboard/payouts"), new("Settings", "/dashboard/settings"),
        ],
        NoticeOf(notice),
        visitor.Role == Role.Viewer);

    internal static Frame OfPortal(Visitor visitor, string? notice = null) => new(
        visitor.Store.DisplayName,
        !visitor.Store.IsLive,
        new StoreTime(visitor.Store).ZoneName,
        [
            new("My earnings", "/portal"), new("Share", "/portal/share"), new("Missing orders", "/portal/claims"), new("Messages", "/portal/messages"),
            new("Profile", "/portal/profile"), new("My data", "/portal/data"),
        ],
        NoticeOf(notice));

    // The query holds a word of ours and never the sentence, so that nobody can put theirs on the page.
    private static string? NoticeOf(string? word) => word switch
    {
        "ambassador-added" => "They are an ambassador now. Code and link are below; the welcome mail goes out once the code works.",
        "ambassador-ended" => "They have left: the codes end, and orders from now on do not count. What was earned before is paid as ever.",
        "ambassador-had-left" => "They have left; nothing was changed.",
        "ambassador-reinstated" => "The suspension has ended: orders from now on count again.",
        "ambassador-suspended" => "They are suspended: orders from now on are not credited, and the codes are switched off in your store.",
        "ambassador-was-active" => "They are not suspended; nothing was changed.",
        "ambassador-was-suspended" => "They were suspended before; nothing was changed.",
        "application-approved" => "They are an ambassador now, with code and link, and are welcomed by mail once the code works.",
        "application-decided" => "It was decided before; nothing was changed.",
        "application-rejected" => "The application is rejected. The person is not told, and what they wrote is erased in six months.",
        "address-asked" => "Both addresses are asked by mail. Nothing is changed before both have said yes.",
        "applications-closed" => "The campaign takes no applications any more. Those that wait stay.",
        "applications-opened" => "The campaign takes applications while it is live. The join page's address stands below.",
        "age-confirmed" => "Thank you: it is noted.",
        "account-deletion" => "Your account is being deleted.",
        "claim-credited" => "The order counts for them now, and they are told by mail.",
        "claim-declined" => "The claim is declined. They read the reason, and are told by mail.",
        "claim-settled" => "It was decided before; nothing was changed.",
        "claim-told" => "The store knows of it now. You get a mail when it is decided.",
        "consent-given" => "The store may name you in public from now on. You can take that back here at any time.",
        "consent-withdrawn" => "The store may not name you in public from now on.",
        "mail-again" => "It is queued again and goes in a moment.",
        "mail-refused" => "Mail goes to the address no more, whatever it is about.",
        "mail-rules-kept" => "It is kept, for mails that go from now on.",
        "mail-text-dropped" => "The program's own text is back.",
        "mail-text-kept" => "Your words are kept, for mails that go from now on.",
        "mail-allowed" => "Mail may go to the address again.",
        "playbook-kept" => "It is kept.",
        "mails-kept" => "It is kept: you get the mails that you have chosen.",
        "message-sent" => "It is sent.",
        "message-settled" => "It waits for no answer any more.",
        "notice-seen" => "Thank you: it is noted that you have seen it.",
        "notice-changed" => "The privacy notice has changed since the page was shown. Read it again, please.",
        "profile-kept" => "It is kept.",
        "campaign-copied" => "The copy is a draft. Give it an objective, change its terms if you like, then launch it.",
        "campaign-ended" => "The campaign has ended. What was earned before goes its way.",
        "campaign-launched" => "The campaign is live: orders count from now on.",
        "campaign-made" => "The draft is made. Nothing counts before you launch it.",
        "campaign-over" => "The campaign has ended, and its terms stand. A copy of it can have other ones.",
        "campaign-paused" => "The campaign is paused: orders earn nothing until it goes on.",
        "campaign-resumed" => "The campaign goes on: orders earn again from now on.",
        "code-adopted" => "The code is the ambassador's now: orders with it count for them from now on. The discount stays yours.",
        "code-ended" => "The code counts for nobody from now on. A discount that was made here is switched off in your store in a moment.",
        "code-given" => "The code is theirs. Where the campaign gives a discount, it is made in your store in a moment.",
        "code-added" => "The ambassador has the code now. Where the campaign gives a discount, it is made in your store in a moment.",
        "difference-cleared" => "It is cleared, and stops no payout any more.",
        "export-again" => "The file is ready below. Payouts of it were handed out in a file before: whoever uses both pays them twice.",
        "export-made" => "The file is ready below. Its payouts count as sent from now on: pay all of them, then tell here what came of them.",
        "group-left" => "They are in no group from now on.",
        "group-set" => "They are in the group from now on; earlier orders keep what they were judged by.",
        "note-kept" => "It is noted, for your team alone.",
        "note-removed" => "The note is gone.",
        "method-kept" => "It is kept: your money goes there from now on.",
        "method-removed" => "It is taken away. Nothing is paid until you say where to.",
        "objective-kept" => "The objective is kept.",
        "order-decided" => "It is decided, and the order was judged anew with it.",
        "payouts-opened" => "You are back from Stripe. This is what it says of your account now.",
        "payouts-unread" => "You are back from Stripe, which did not answer just now. Your account is looked at again by itself.",
        "pixel-on" => "The web pixel is switched on.",
        "rehearsal-joined" => "You take part: your code and link stand below.",
        "rehearsal-noted" => "It is noted, for your team alone.",
        "replayed" => "It is queued again and will be tried in a moment.",
        "revision-in-force" => "The terms are changed, for orders from now on.",
        "revision-kept" => "The draft's terms are changed.",
        "revision-planned" => "The change is planned. Until its instant it can be withdrawn below.",
        "revision-withdrawn" => "The planned change is withdrawn: the terms before it stand.",
        "rules-accepted" => "You have accepted the rules.",
        "rules-changed" => "The rules have changed since the page was shown: nothing was accepted. Read them again, please.",
        "run-already-approved" => "The run is approved already; nothing was changed. What has come since is in the next run.",
        "run-approved" => "The run is approved. Its payouts go out one after the other; load the page again to see how far it is.",
        "run-cancelled" => "The run is cancelled. What was not sent is payable again, and what was sent stays.",
        "run-differs" => "It was not approved: your books and Stripe's list differ. Each difference has to be gone, or cleared with a reason, before a run is approved.",
        "run-ended" => "It was not approved: the run is cancelled. Prepare a new one.",
        "run-goes-on" => "The run goes on.",
        "run-half-approved" => "Your approval is noted. The run waits for a second person, and nothing is reserved before.",
        "run-not-connected" => "It was not approved: your store is not connected to Stripe. Connect it first; the run stays as it is.",
        "run-not-running" => "Nothing was stopped: only an approved run sends anything.",
        "run-not-stopped" => "The run is not stopped; nothing was changed.",
        "run-prepared" => "The run is prepared. Look through it: nobody is paid before it is approved.",
        "run-same-person" => "It was not approved: you have approved it already, or a session has that tells no more than yours who it is. This run takes two people.",
        "run-short" => "The run is approved, and its money is reserved. Not all of it is in your Stripe account, so that it waits.",
        "run-stopped" => "The run is stopped. What is not sent yet waits until somebody lets it go on.",
        "scopes-read" => "What is granted was asked of Shopify just now.",
        "stripe-connected" => "Stripe is connected. What it shows of your account stands below.",
        "stripe-read" => "Stripe was asked just now.",
        "look-kept" => "It is kept. Your ambassadors' pages look like this from now on.",
        "page-kept" => "It is kept, and everybody with the address sees it.",
        "member-added" => "They are on the team now, and a sign-in link is on its way to them.",
        "member-changed" => "It is changed, for sessions that are open too.",
        "member-removed" => "They are not on the team any more, and their sessions have ended.",
        "session-ended" => "The session has ended.",
        "tax-kept" => "It is kept, and counts from your next payout on.",
        "settled" => "It was no longer waiting for you; nothing was changed.",
        _ => null,
    };
}

public sealed record FrameLink(string Text, string Path);
