using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Unicode;

namespace Limpid.Core.Formats;

/// <summary>
/// The fast way over a row of NDJSON: proves it a well-formed object and finds its people, several times as fast as a general reader, or
/// says nothing at all. Every doubt (a backslash, a control character, a wrong byte, deep nesting) is left to <see cref="JsonRow"/>.
/// Not thread-safe.
/// </summary>
internal sealed class PlainJsonRow(SubjectFields fields, FieldTree tree, PeopleInRow people)
{
    private const int Deepest = 32;
    private const int LongestExpected = 128;
    private const int MostLearned = 10_000;

    private readonly Container[] _open = new Container[Deepest];
    private readonly ExpectedName[] _expected = new ExpectedName[64];
    private int _learned;

    /// <summary>False where the row is not proven; what was collected then does not count.</summary>
    public bool TryRead(ReadOnlySpan<byte> row)
    {
        bool isProvenUtf8 = false;
        int at = SkipSpace(row, 0);
        if (Peek(row, at) != '{')
            return false;
        at = SkipSpace(row, at + 1);
        int depth = 0;
        FieldTree.Node? node = tree.Root;
        bool inArray = false;
        int member = 0;
        // An empty row is the general reader's to tell.
        while (true)
        {
            FieldTree.Node? value = node;
            if (!inArray && depth == 0 && member < _expected.Length && IsExpected(row, at, in _expected[member], ref value, out int named))
            {
                member++;
                at = SkipSpace(row, named);
            }
            else if (!inArray)
            {
                int begun = at;
                if (Peek(row, at) != '"' || !TryString(row, ref at, ref isProvenUtf8, out ReadOnlySpan<byte> name))
                    return false;
                value = node?.Follow(name);
                at = SkipSpace(row, at);
                if (Peek(row, at) != ':')
                    return false;
                if (depth == 0 && member < _expected.Length)
                    Expect(ref _expected[member++], row[begun..(at + 1)], value);
                at = SkipSpace(row, at + 1);
            }
            byte first = Peek(row, at);
            if (first == '"')
            {
                if (!TryString(row, ref at, ref isProvenUtf8, out ReadOnlySpan<byte> text))
                    return false;
                if (value is not null)
                    AddText(value, text);
            }
            else if (first is (byte)'{' or (byte)'[')
            {
                int inside = SkipSpace(row, at + 1);
                byte closing = first == '{' ? (byte)'}' : (byte)']';
                if (Peek(row, inside) != closing)
                {
                    if (depth == Deepest)
                        return false;
                    _open[depth++] = new Container(node, inArray);
                    node = value is { Steps.Length: 0 } && first == '{' ? null : value;
                    inArray = first == '[';
                    at = inside;
                    continue;
                }
                at = inside + 1;
            }
            else if (!TryScalar(row, ref at, value))
            {
                return false;
            }
            while (true)
            {
                at = SkipSpace(row, at);
                byte next = Peek(row, at);
                at++;
                if (next == ',')
                    break;
                if (next != (inArray ? (byte)']' : (byte)'}'))
                    return false;
                if (depth == 0)
                    return SkipSpace(row, at) == row.Length;
                (node, inArray) = _open[--depth];
            }
            at = SkipSpace(row, at);
        }
    }

    // Rows of one file mostly have the same names in the same places, and a name that was proven once need not be proven again.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsExpected(ReadOnlySpan<byte> row, int at, in ExpectedName expected, ref FieldTree.Node? value, out int end)
    {
        byte[]? text = expected.Text;
        if (text is null || (uint)at > (uint)row.Length || !row[at..].StartsWith(text))
        {
            end = at;
            return false;
        }
        value = expected.Next;
        end = at + text.Length;
        return true;
    }

    // Beyond ASCII the proof is of the whole row, and does not hold for the next one.
    // Rows that all differ must not make garbage for ever: learning ends.
    private void Expect(ref ExpectedName expected, ReadOnlySpan<byte> text, FieldTree.Node? next)
    {
        if (_learned == MostLearned || text.Length > LongestExpected || !Ascii.IsValid(text))
            return;
        _learned++;
        expected = new ExpectedName(text.ToArray(), next);
    }

    // Behind the end stands a NUL, which fits nowhere.
    private static byte Peek(ReadOnlySpan<byte> row, int at) => (uint)at < (uint)row.Length ? row[at] : (byte)0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int SkipSpace(ReadOnlySpan<byte> row, int at) =>
        (uint)at < (uint)row.Length && row[at] > ' ' ? at : SkipSomeSpace(row, at);

    private static int SkipSomeSpace(ReadOnlySpan<byte> row, int at)
    {
        while ((uint)at < (uint)row.Length && row[at] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
            at++;
        return at;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryString(ReadOnlySpan<byte> row, ref int at, ref bool isProvenUtf8, out ReadOnlySpan<byte> text)
    {
        int start = at + 1;
        int end = isProvenUtf8 ? StringRun.EndOfUtf8(row, start) : StringRun.EndOfAscii(row, start);
        if (end >= 0 && row[end] >= 0x80)
        {
            isProvenUtf8 = Utf8.IsValid(row);
            end = isProvenUtf8 ? StringRun.EndOfUtf8(row, start) : -1;
        }
        if (end < 0 || row[end] != '"')
        {
            text = default;
            return false;
        }
        text = row[start..end];
        at = end + 1;
        return true;
    }

    private bool TryScalar(ReadOnlySpan<byte> row, ref int at, FieldTree.Node? value)
    {
        ReadOnlySpan<byte> rest = row[at..];
        byte first = Peek(rest, 0);
        int length;
        if (first is (byte)'-' or (>= (byte)'0' and <= (byte)'9'))
        {
            length = NumberLength(rest);
            if (length > 0 && value is not null)
                AddNumber(value, rest[..length]);
        }
        else
        {
            length = first switch
            {
                (byte)'t' when rest.StartsWith("true"u8) => 4,
                (byte)'n' when rest.StartsWith("null"u8) => 4,
                (byte)'f' when rest.StartsWith("false"u8) => 5,
                _ => 0,
            };
        }
        if (length == 0)
            return false;
        at += length;
        return true;
    }

    /// <summary>0 where no JSON number begins. What may not follow one is for the caller to see.</summary>
    private static int NumberLength(ReadOnlySpan<byte> text)
    {
        int at = Peek(text, 0) == '-' ? 1 : 0;
        int digits = Digits(text, at);
        if (digits == 0 || (digits > 1 && text[at] == '0'))
            return 0;
        at += digits;
        if (Peek(text, at) == '.')
        {
            digits = Digits(text, at + 1);
            if (digits == 0)
                return 0;
            at += digits + 1;
        }
        if (Peek(text, at) is (byte)'e' or (byte)'E')
        {
            at += Peek(text, at + 1) is (byte)'+' or (byte)'-' ? 2 : 1;
            digits = Digits(text, at);
            if (digits == 0)
                return 0;
            at += digits;
        }
        return at;
    }

    private static int Digits(ReadOnlySpan<byte> text, int at)
    {
        int start = at;
        while ((uint)at < (uint)text.Length && (uint)(text[at] - '0') <= 9)
            at++;
        return at - start;
    }

    private void AddText(FieldTree.Node value, ReadOnlySpan<byte> text)
    {
        foreach (int field in value.Here)
            people.Add(fields.Person(field, text));
    }

    private void AddNumber(FieldTree.Node value, ReadOnlySpan<byte> number)
    {
        foreach (int field in value.Here)
            people.Add(fields.PersonOfNumber(field, number));
    }

    /// <param name="Text">With its quotes and the colon behind it.</param>
    private readonly record struct ExpectedName(byte[]? Text, FieldTree.Node? Next);

    private readonly record struct Container(FieldTree.Node? Node, bool IsArray);
}
