namespace Limpid.Core.Ports;

/// <summary>One mail. <see cref="Id"/> is deterministic, so that a mail sent twice can be told for a duplicate (it becomes the Message-ID).</summary>
public sealed record Mail
{
    /// <summary>Letters, digits, dots and dashes.</summary>
    public required string Id { get; init; }
    public required IReadOnlyList<string> To { get; init; }
    public required string Subject { get; init; }
    public required string Text { get; init; }
    public required string Html { get; init; }
}

public interface IMailer
{
    /// <summary>Hands the mail over durably, or throws.</summary>
    Task SendAsync(Mail mail, CancellationToken cancellation);
}
