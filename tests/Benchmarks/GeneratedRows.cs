using System.Buffers.Text;

namespace Limpid.Benchmarks;

/// <summary>Made-up reviews, the same at every run.</summary>
/// <param name="Megabytes">Of content, about.</param>
/// <param name="People">Whose they are, by chance; 1: all of them are customer 0's; <see cref="EveryRowAnother"/>.</param>
internal sealed record GeneratedRows(int Megabytes, int People)
{
    /// <summary>Instead of a number of people: every row is another person's.</summary>
    public const int EveryRowAnother = 0;

    /// <summary>With its newline.</summary>
    public const int UsualLength = 763;

    private const int RowsAtOnce = 1_000;
    private const int ShortestWithText = 300;

    public bool Csv { get; init; }

    /// <summary>Of each row, with its newline. Short ones hold the customer alone.</summary>
    public int LineLength { get; init; } = UsualLength;

    /// <summary>Every thousand rows are followed by one that is this long: too long to be read. 0: none are.</summary>
    public int LongLineMegabytes { get; init; }

    /// <returns>How many rows there are, those that are too long left out, and how many bytes.</returns>
    public (long Rows, long Bytes) Write(Stream target)
    {
        var random = new Random(1);
        byte[] block = new byte[LineLength * RowsAtOnce];
        long wanted = Megabytes * 1_000_000L;
        long bytes = 0;
        if (Csv)
            Put(HasText ? "ReviewId,CustomerId,Stars,Country,Text\n"u8 : "CustomerId\n"u8);
        for (long row = 0; ;)
        {
            // Long rows are the most of the content where there are any.
            long most = LongLineMegabytes > 0 ? RowsAtOnce : Math.Min(RowsAtOnce, (wanted - bytes) / LineLength);
            for (int i = 0; i < most; i++)
                WriteLine(block.AsSpan(i * LineLength, LineLength), row + i, People == EveryRowAnother ? row + i : random.Next(People), random);
            Put(block.AsSpan(0, (int)most * LineLength));
            row += most;
            if (most == 0 || (LongLineMegabytes > 0 && bytes >= wanted))
                return (row, bytes);
            if (LongLineMegabytes > 0)
                PutLongLine();
        }

        void Put(ReadOnlySpan<byte> written)
        {
            target.Write(written);
            bytes += written.Length;
        }

        void PutLongLine()
        {
            byte[] megabyte = new byte[1_000_000];
            megabyte.AsSpan().Fill((byte)'x');
            // A newline in quotes ends no row.
            megabyte[^1] = Csv ? (byte)'\n' : (byte)' ';
            Put(Csv ? "1,2,3,GR,\""u8 : "{\"CustomerId\":17,\"Text\":\""u8);
            for (int i = 0; i < LongLineMegabytes; i++)
                Put(megabyte);
            Put(Csv ? "\"\n"u8 : "\"}\n"u8);
        }
    }

    private bool HasText => LineLength >= ShortestWithText;

    private void WriteLine(Span<byte> line, long row, long customer, Random random)
    {
        Span<byte> rest = line;
        if (!HasText)
        {
            Add(ref rest, Csv ? default : "{\"CustomerId\":"u8);
            Add(ref rest, customer);
            Add(ref rest, Csv ? default : "}"u8);
            rest[..^1].Fill((byte)' ');
            rest[^1] = (byte)'\n';
            return;
        }
        if (Csv)
        {
            Add(ref rest, 1_000_000 + row);
            Add(ref rest, ","u8);
            Add(ref rest, customer);
            Add(ref rest, ","u8);
            Add(ref rest, random.Next(1, 6));
            Add(ref rest, ",GR,\""u8);
        }
        else
        {
            Add(ref rest, "{\"ReviewId\":"u8);
            Add(ref rest, 1_000_000 + row);
            Add(ref rest, ",\"ProductId\":\"B"u8);
            Add(ref rest, random.Next(100_000));
            Add(ref rest, "\",\"CustomerId\":"u8);
            Add(ref rest, customer);
            Add(ref rest, ",\"Stars\":"u8);
            Add(ref rest, random.Next(1, 6));
            Add(ref rest, ",\"Verified\":true,\"Title\":\"a good thing\",\"Country\":\"GR\",\"At\":\"2026-11-22T06:00:00Z\",\"Text\":\""u8);
        }
        ReadOnlySpan<byte> end = Csv ? "\"\n"u8 : "\"}\n"u8;
        while (rest.Length > end.Length)
            Add(ref rest, "it works well and does what it says, "u8[..Math.Min(37, rest.Length - end.Length)]);
        Add(ref rest, end);
    }

    private static void Add(ref Span<byte> rest, ReadOnlySpan<byte> text)
    {
        text.CopyTo(rest);
        rest = rest[text.Length..];
    }

    private static void Add(ref Span<byte> rest, long number)
    {
        Utf8Formatter.TryFormat(number, rest, out int length);
        rest = rest[length..];
    }
}
