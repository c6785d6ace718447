namespace Limpid.Core.Formats;

/// <summary>What can be wrong with a row. None of it quotes the row.</summary>
internal static class RowFaults
{
    public const string TooLong = "the row is longer than 16 MiB";
    public const string TooManyPeople = "the row names more than 65,536 people";
    public const string NotAnObject = "not a JSON object";
    public const string BrokenJson = "not well-formed JSON in UTF-8";
    public const string FieldCount = "another number of fields than the header has";
    public const string AfterQuote = "text after a closing quote";
    public const string Unclosed = "a quote that is never closed";
    public const string BareReturn = "a carriage return that is no line ending stands outside quotes";
    public const string IdentifierNotUtf8 = "the identifier is not UTF-8";
    public const string Nul = "a NUL byte";
}
