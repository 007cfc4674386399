// What the pages of mails are made of.
using StorePlugin.Dashboard.Payouts;
using StorePlugin.Data;
using StorePlugin.Mail;
using StorePlugin.Payouts;
using StorePlugin.Stores;

namespace StorePlugin.Dashboard.Mails;

internal sealed record MailSources(
    Db Db, LetterPress Press, MailTexts Texts, StopLinks Links, MailSettings Rules, Suppressions Suppressions, PayeeReader Payees, Team Team, DeadWork Dead, TimeProvider Clock)
{
    public async Task<RunReader> ReaderAsync(Visitor visitor, CancellationToken cancel) => new(visitor.Actor, await Team.NamesAsync(visitor.Store, cancel));
}
