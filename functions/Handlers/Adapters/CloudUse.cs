namespace Limpid.Functions.Adapters;

/// <summary>What a piece of work uses of AWS. Fractions of requests come from shares, as of a listing of a thousand objects.</summary>
internal readonly record struct CloudUse
{
    // On demand, us-east-1, x86, Standard classes, without free tiers and discounts: aws.amazon.com/lambda/pricing, /s3/pricing,
    // /dynamodb/pricing/on-demand (as lowered on 2024-11-01), /step-functions/pricing, /sqs/pricing, /eventbridge/pricing, /kms/pricing;
    // looked up on 2026-11-25.
    private const double GigabyteSecond = 0.0000166667;
    private const double Invocation = 0.20e-6;
    private const double Transition = 25e-6;
    private const double S3Write = 5e-6;
    private const double S3Read = 0.4e-6;
    private const double WriteUnit = 0.625e-6;
    private const double ReadUnit = 0.125e-6;
    private const double Message = 0.40e-6;
    private const double Event = 1e-6;
    private const double KeyUse = 3e-6;
    private const double S3GigabyteMonth = 0.023;
    private const double TableGigabyteMonth = 0.25;

    /// <summary>Of Lambda: seconds by the GiB of memory that the function has.</summary>
    public double GigabyteSeconds { get; init; }

    public double Invocations { get; init; }

    /// <summary>Of Step Functions' standard workflows.</summary>
    public double Transitions { get; init; }

    /// <summary>PUT, COPY, POST and LIST.</summary>
    public double S3Writes { get; init; }

    /// <summary>GET, HEAD and all others; DELETE costs nothing.</summary>
    public double S3Reads { get; init; }

    /// <summary>Of DynamoDB: one for each item and each KB of it that is begun.</summary>
    public double WriteUnits { get; init; }

    /// <summary>Of DynamoDB, consistent: one for each item or page and each 4 KB of it that are begun.</summary>
    public double ReadUnits { get; init; }

    /// <summary>Requests to SQS.</summary>
    public double Messages { get; init; }

    /// <summary>Through EventBridge.</summary>
    public double Events { get; init; }

    /// <summary>Requests to KMS.</summary>
    public double KeyUses { get; init; }

    /// <summary>GB that are kept for a month in S3, and in DynamoDB.</summary>
    public double S3GigabyteMonths { get; init; }

    public double TableGigabyteMonths { get; init; }

    public double Dollars =>
        GigabyteSeconds * GigabyteSecond + Invocations * Invocation + Transitions * Transition + S3Writes * S3Write + S3Reads * S3Read
        + WriteUnits * WriteUnit + ReadUnits * ReadUnit + Messages * Message + Events * Event + KeyUses * KeyUse
        + S3GigabyteMonths * S3GigabyteMonth + TableGigabyteMonths * TableGigabyteMonth;

    public static CloudUse operator +(CloudUse left, CloudUse right) => new()
    {
        GigabyteSeconds = left.GigabyteSeconds + right.GigabyteSeconds,
        Invocations = left.Invocations + right.Invocations,
        Transitions = left.Transitions + right.Transitions,
        S3Writes = left.S3Writes + right.S3Writes,
        S3Reads = left.S3Reads + right.S3Reads,
        WriteUnits = left.WriteUnits + right.WriteUnits,
        ReadUnits = left.ReadUnits + right.ReadUnits,
        Messages = left.Messages + right.Messages,
        Events = left.Events + right.Events,
        KeyUses = left.KeyUses + right.KeyUses,
        S3GigabyteMonths = left.S3GigabyteMonths + right.S3GigabyteMonths,
        TableGigabyteMonths = left.TableGigabyteMonths + right.TableGigabyteMonths,
    };

    public static CloudUse operator *(CloudUse use, double times) => new()
    {
        GigabyteSeconds = use.GigabyteSeconds * times,
        Invocations = use.Invocations * times,
        Transitions = use.Transitions * times,
        S3Writes = use.S3Writes * times,
        S3Reads = use.S3Reads * times,
        WriteUnits = use.WriteUnits * times,
        ReadUnits = use.ReadUnits * times,
        Messages = use.Messages * times,
        Events = use.Events * times,
        KeyUses = use.KeyUses * times,
        S3GigabyteMonths = use.S3GigabyteMonths * times,
        TableGigabyteMonths = use.TableGigabyteMonths * times,
    };
}
