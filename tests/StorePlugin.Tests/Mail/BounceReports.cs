// What comes back of mails, in the forms that mail servers and providers send: written for these tests, with nobody's data in them.
namespace StorePlugin.Tests.Mail;

internal static class BounceReports
{
    public const string EffectId = "eff_0195abcd0000700080000123456789ab";

    /// <summary>As Postfix tells its sender that a mailbox is unknown; of the mail it returns the headers.</summary>
    public static string Postfix(string status = "5.1.1", string action = "failed", string diagnostic = "smtp; 550 5.1.1 <planted.marker@example.com>: Recipient address rejected: User unknown") =>
        Lines(
            $$"""
            Return-Path: <>
            Delivered-To: bounces@lux.example
            Date: Sun,  1 Mar 2026 11:00:05 +0000 (UTC)
            From: MAILER-DAEMON@mx.lux.example (Mail Delivery System)
            Subject: Undelivered Mail Returned to Sender
            To: bounces@lux.example
            Auto-Submitted: auto-replied
            MIME-Version: 1.0
            Content-Type: multipart/report; report-type=delivery-status;
            	boundary="4XyZ1a2b3cz9.1772362805/mx.lux.example"
            Message-Id: <20260301110005.4XyZ1a2b3cz9@mx.lux.example>

            This is a MIME-encapsulated message.

            --4XyZ1a2b3cz9.1772362805/mx.lux.example
            Content-Description: Notification
            Content-Type: text/plain; charset=us-ascii

            This is the mail system at host mx.lux.example.

            I'm sorry to have to inform you that your message could not
            be delivered to one or more recipients. It's attached below.

                               The mail system

            <planted.marker@example.com>: host mx.example.com[192.0.2.1] said: 550 5.1.1
                <planted.marker@example.com>: Recipient address rejected: User unknown (in
                reply to RCPT TO command)

            --4XyZ1a2b3cz9.1772362805/mx.lux.example
            Content-Description: Delivery report
            Content-Type: message/delivery-status

            Reporting-MTA: dns; mx.lux.example
            X-Postfix-Queue-ID: 4XyZ1a2b3cz9
            X-Postfix-Sender: rfc822; bounces@lux.example
            Arrival-Date: Sun,  1 Mar 2026 11:00:02 +0000 (UTC)

            Final-Recipient: rfc822; planted.marker@example.com
            Original-Recipient: rfc822;planted.marker@example.com
            Action: {{action}}
            Status: {{status}}
            Remote-MTA: dns; mx.example.com
            Diagnostic-Code: {{diagnostic}}

            --4XyZ1a2b3cz9.1772362805/mx.lux.example
            Content-Description: Undelivered Message Headers
            Content-Type: text/rfc822-headers

            Return-Path: <bounces@lux.example>
            Received: from refer.example (refer.example [192.0.2.7])
            	by mx.lux.example (Postfix) with ESMTPS id 4XyZ1a2b3cz9
            	for <planted.marker@example.com>; Sun,  1 Mar 2026 11:00:02 +0000 (UTC)
            From: Lux <mail@lux.example>
            To: Ann <planted.marker@example.com>
            Message-ID: <{{EffectId}}@refer.example>
            Subject: Your code ANN10 for Lux

            --4XyZ1a2b3cz9.1772362805/mx.lux.example--

            """);

    /// <summary>As Exim does: one general status for every failure, and the whole mail returned.</summary>
    public static string Exim(string diagnostic = "smtp; 550 5.1.1 Unknown user") => Lines(
        $$"""
        Return-path: <>
        Envelope-to: bounces+{{EffectId}}@lux.example
        Received: from Debian-exim by mail.lux.example with local (Exim 4.96)
        	id 1rXyZa-0001Bc-2D
        	for bounces+{{EffectId}}@lux.example;
        	Sun, 01 Mar 2026 12:00:05 +0100
        X-Failed-Recipients: planted.marker@example.com
        Auto-Submitted: auto-replied
        From: Mail Delivery System <Mailer-Daemon@mail.lux.example>
        To: bounces+{{EffectId}}@lux.example
        References: <{{EffectId}}@refer.example>
        Content-Type: multipart/report; report-type=delivery-status; boundary=1772362805-eximdsn-1234567890
        MIME-Version: 1.0
        Subject: Mail delivery failed: returning message to sender
        Message-Id: <E1rXyZa-0001Bc-2D@mail.lux.example>
        Date: Sun, 01 Mar 2026 12:00:05 +0100

        --1772362805-eximdsn-1234567890
        Content-type: text/plain; charset=us-ascii

        This message was created automatically by mail delivery software.

        A message that you sent could not be delivered to one or more of its
        recipients. This is a permanent error. The following address(es) failed:

          planted.marker@example.com
            host mx.example.com [192.0.2.1]
            SMTP error from remote mail server after RCPT TO:<planted.marker@example.com>:
            550 5.1.1 Unknown user

        --1772362805-eximdsn-1234567890
        Content-type: message/delivery-status

        Reporting-MTA: dns; mail.lux.example

        Action: failed
        Final-Recipient: rfc822;planted.marker@example.com
        Status: 5.0.0
        Remote-MTA: dns; mx.example.com
        Diagnostic-Code: {{diagnostic}}

        --1772362805-eximdsn-1234567890
        Content-type: message/rfc822

        Return-path: <bounces+{{EffectId}}@lux.example>
        Received: from refer.example ([192.0.2.7])
        	by mail.lux.example with esmtps (Exim 4.96)
        	(envelope-from <bounces+{{EffectId}}@lux.example>)
        	id 1rXyZX-0001Bb-1C
        	for planted.marker@example.com; Sun, 01 Mar 2026 12:00:02 +0100
        From: Lux <mail@lux.example>
        To: Ann <planted.marker@example.com>
        Message-ID: <{{EffectId}}@refer.example>
        Subject: Your code ANN10 for Lux

        Hello Ann,

        --1772362805-eximdsn-1234567890--

        """);

    /// <summary>A server that returns nothing of the mail: only the address that the report went to names it.</summary>
    public static string ByTagAlone() => Lines(
        $$"""
        From: postmaster@example.com
        To: <bounces+{{EffectId}}@lux.example>
        Subject: Delivery Status Notification (Failure)
        MIME-Version: 1.0
        Content-Type: multipart/report; report-type=delivery-status; boundary="b1"

        --b1
        Content-Type: text/plain

        Delivery failed.

        --b1
        Content-Type: message/delivery-status

        Reporting-MTA: dns;mx.example.com

        Final-Recipient: rfc822;planted.marker@example.com
        Action: failed
        Status: 5.2.1

        --b1--

        """);

    /// <summary>A complaint in the abuse reporting format (RFC 5965).</summary>
    public static string Complaint(string type = "abuse") => Lines(
        $$"""
        From: <fbl@provider.example>
        To: <bounces@lux.example>
        Subject: FW: Your code ANN10 for Lux
        MIME-Version: 1.0
        Content-Type: multipart/report; report-type=feedback-report; boundary="part"

        --part
        Content-Type: text/plain; charset="US-ASCII"

        This is an email abuse report for an email message received from IP 192.0.2.7.

        --part
        Content-Type: message/feedback-report

        Feedback-Type: {{type}}
        User-Agent: Provider-FBL/1.0
        Version: 1
        Original-Mail-From: <bounces+{{EffectId}}@lux.example>
        Original-Rcpt-To: <planted.marker@example.com>

        --part
        Content-Type: message/rfc822

        From: Lux <mail@lux.example>
        To: Ann <planted.marker@example.com>
        Message-ID: <{{EffectId}}@refer.example>
        Subject: Your code ANN10 for Lux

        Hello Ann,

        --part--

        """);

    /// <summary>Somebody is on holiday.</summary>
    public static string Vacation() => Lines(
        $$"""
        From: Ann <planted.marker@example.com>
        To: <bounces+{{EffectId}}@lux.example>
        Subject: I am away
        Auto-Submitted: auto-replied
        Content-Type: text/plain

        Until Monday.
        """);

    private static string Lines(string text) => text.ReplaceLineEndings("\r\n");
}
