namespace Limpid.Functions.Refresh;

/// <summary>lake.yaml has no reference data of this name with a source.</summary>
internal sealed class UnknownReferenceException(string name, string known) : Exception($"lake.yaml has no reference '{name}' with a source; it has {known}");

/// <summary>Reference data that must not be published; what is current stays. Says how much and never what.</summary>
internal sealed class BadReferenceException(string name, string why) : Exception($"{name} is not published: {why}");

/// <summary>lake.yaml has no derived table of this name.</summary>
internal sealed class UnknownTableException(string name, string known) : Exception($"lake.yaml has no table '{name}'; it has {known}");

/// <summary>Another run has the table by now: this one may change nothing any more.</summary>
internal sealed class LockLostException(string table) : Exception($"another run has the table {table} by now");

/// <summary>Something that a table is built of has no version yet.</summary>
internal sealed class InputMissingException(string table, string input) : Exception($"{table} is built of {input}, which has no version yet: refresh that first");

/// <summary>A version that was to be served again is not there, was never valid, or is being removed.</summary>
internal sealed class VersionGoneException(string table, long version) : Exception($"{table} has no version {version} that could be served again");

/// <summary>A step failed as often as it is tried.</summary>
internal sealed class StepFailedException(string table, string why) : Exception($"{table}: {why}");

/// <summary>A version that must not be served; what is served stays. Says how much and never what.</summary>
internal sealed class InvalidTableException(string table, string why) : Exception($"{table} is not published: {why}")
{
    public string Why => why;
}

/// <summary>A version that is too large to be validated in one go.</summary>
internal sealed class TableTooLargeException(string table, string why) : Exception($"{table} is too large to be validated: {why}");

/// <summary>Somebody stopped all erasing, so that the erasures made since a version's content can't be replayed on it.</summary>
internal sealed class ErasingStoppedException(string table) : Exception($"{table} is not published: {Why}")
{
    public const string Why = "the kill switch is on, and people were erased since: remove `stop`, and the next run erases them anew";
}
