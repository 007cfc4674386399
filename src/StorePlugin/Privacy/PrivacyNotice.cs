// What a store's ambassadors are told of their data, made from the program's own constants and nothing else. Pure.
using System.Globalization;
using StorePlugin.Ambassadors;
using StorePlugin.Data;
using StorePlugin.Stores;

namespace StorePlugin.Privacy;

/// <summary>The notice as everybody reads it. The same store and program always make the same text.</summary>
public sealed record PrivacyNotice(IReadOnlyList<NoticePart> Parts)
{
    // A mean month: the notice tells how long something is kept, and a job drops it by days.
    private const double DaysOfMonth = 30.4;

    /// <summary>Tells whether a text is the one that was shown: SHA-256 over every title and sentence, as lower-case hex.</summary>
    public string Hash => Ids.HashOf(string.Concat(Parts.Select(part => $"{part.Title}\n{string.Join('\n', part.Texts)}\n")));

    /// <param name="storeName">Who is responsible.</param>
    /// <param name="storeAddress">Where the store is found.</param>
    /// <param name="contact">Where one writes to; null where the store has named none.</param>
    internal static PrivacyNotice Of(string storeName, string storeAddress, string? contact) => new(
    [
        new("Who is responsible",
        [
            $"{storeName} ({storeAddress}) runs this programme and is responsible for what is kept of you.",
            contact is null ? "Write to it by the messages of your page, or by what its own site names." : $"Write to {contact}, or by the messages of your page.",
            "The program that keeps it works for the store alone. Your money never passes through whoever runs the program.",
        ]),
        new("What is kept of you, why, and for how long",
        [
            "Your name, your e-mail address and your time zone: to let you in, to write to you and to run the programme with you. As long as you take part.",
            $"What you wrote when you applied: to decide on it. If you were declined, for {Months(KeptFor.Rejected)}; if nobody answered, for {Days(Applications.UnansweredKept)}. That you are "
                + $"{AgeConfirmation.Years} or older, and when you said so: because nobody younger may take part.",
            "Your codes, your links, and clicks on them. Of a click the instant, the link and the kind of the site before it; of whoever clicked nothing else. "
                + $"Those that led to no order for {Months(KeptFor.Clicks)}.",
            "Orders that were credited to you, with their numbers and amounts, what was decided and why, and what you earned and were paid: these are the store's books. "
                + "They stay, without your name once you are gone.",
            "Where your money goes: encrypted, as long as you are to be paid there. Your name, address and tax number on invoices, where there are some: as long as the law on taxes asks for.",
            $"What you and the store write to each other, encrypted: until {Months(KeptFor.Messages)} after the last message. "
                + $"What you wrote of a missing order: until {Months(KeptFor.ClaimTexts)} after the decision.",
            "What the store's team notes about you: as long as you take part. You get it with your data.",
            $"That a mail went to you, and of what kind: for {Days(KeptFor.Sends)}. Which mails you do not want: until you take it back.",
            $"That you are signed in: for {SignIn.SessionLifetime.TotalHours.ToString(CultureInfo.InvariantCulture)} hours, by one cookie that does nothing else, "
                + $"and {Days(KeptFor.Ended)} more that you were.",
            "What you put on your own page, and whether you may be named in public: until you take it away.",
        ]),
        new("On what ground",
        [
            "What the programme needs is kept because you and the store have agreed on it (Article 6 (1) (b) of the GDPR), the books because the law asks for them (c), "
                + "and that you may be named in public because you consent (a), for as long as you do.",
        ]),
        new("Who else sees it",
        [
            "The store's team. Whoever pays you in its name, which is its bank, PayPal or Stripe, as far as you have chosen them. "
                + "Tax offices, where the law says so. Nobody else, and nobody for advertising.",
            "Whoever buys with your code or link is told nothing of you but what your own page says, and you are told nothing of them but the number of the order.",
        ]),
        new("Your rights",
        [
            "You can see what is kept, have it put right, take it with you, object to it, and have it deleted. "
                + "Most of that you do yourself, on your page under Profile and My data; for the rest, write to the store.",
            "What you have consented to you can take back at any time, and nothing else of the programme hangs on it.",
            "No program decides alone to keep your money from you: what a rule finds doubtful, a person looks at.",
            "If you think that something is done wrong, you can complain to the authority for data protection where you live.",
        ]),
        new("When you delete your account",
        [
            "You leave at once: your codes end, and orders from then on do not count. Your messages, your own page and what the team noted go at once as well.",
            "What you have earned is paid, however little it is. Your name, your address and where your money goes are erased as soon as nothing is owed. "
                + $"If you are owed something and have named no way to be paid, they go {Days(AccountDeletions.OwedKept)} after you asked, at the latest.",
            "Orders, amounts and payouts stay in the store's books, without your name.",
        ]),
    ]);

    private static string Days(TimeSpan kept) => $"{kept.TotalDays.ToString("0", CultureInfo.InvariantCulture)} days";

    private static string Months(TimeSpan kept) => $"{(kept.TotalDays / DaysOfMonth).ToString("0", CultureInfo.InvariantCulture)} months";
}

public sealed record NoticePart(string Title, IReadOnlyList<string> Texts);
