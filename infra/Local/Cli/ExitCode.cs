using Limpid.Core.Erasure;

namespace Limpid.Local.Cli;

/// <summary>What the process ends with; scripts rely on it.</summary>
internal static class ExitCode
{
    public const int Done = 0;
    public const int Failed = 1;
    public const int BadInput = 2;
    public const int NotCarriedOut = 3;
    public const int WithExceptions = 4;
    public const int Interrupted = 130;

    public static int Of(RequestStatus status) => status switch
    {
        RequestStatus.Rejected or RequestStatus.Cancelled or RequestStatus.Stopped => NotCarriedOut,
        RequestStatus.CertifiedWithExceptions => WithExceptions,
        RequestStatus.Failed => Failed,
        _ => Done,
    };

    /// <summary>Of an execution; one that still runs, because nothing here would ever let it go on, has failed its caller.</summary>
    public static int OfExecution(string status) => status switch
    {
        "SUCCEEDED" => Done,
        "ABORTED" => NotCarriedOut,
        _ => Failed,
    };
}
