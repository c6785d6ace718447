using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Unicode;

namespace Limpid.Functions.Approvals;

/// <summary>Markup. It comes about from interpolated strings whose literals are trusted and whose every text is encoded.</summary>
internal readonly record struct Html(string Markup)
{
    private static readonly HtmlEncoder Encoder = HtmlEncoder.Create(UnicodeRanges.All);

    public static readonly Html Nothing = new("");

    /// <summary>Texts are fit for element content and for attribute values in double quotes, and for nothing else.</summary>
    public static Html Of(Handler markup) => new(markup.Build());

    public static Html Text(string text) => new(Encoder.Encode(text));

    public static Html Join(IEnumerable<Html> parts) => new(string.Concat(parts.Select(p => p.Markup)));

    public override string ToString() => Markup;

    [InterpolatedStringHandler]
    internal readonly ref struct Handler(int literalLength, int formattedCount)
    {
        private readonly StringBuilder _markup = new(literalLength + (formattedCount * 32));

        public void AppendLiteral(string trusted) => _markup.Append(trusted);

        public void AppendFormatted(string? text) => _markup.Append(Encoder.Encode(text ?? ""));

        public void AppendFormatted(Html html) => _markup.Append(html.Markup);

        public void AppendFormatted(IEnumerable<Html> parts)
        {
            foreach (Html part in parts)
                _markup.Append(part.Markup);
        }

        public void AppendFormatted(int number) => _markup.Append(System.Globalization.CultureInfo.InvariantCulture, $"{number}");

        public void AppendFormatted(long number) => _markup.Append(System.Globalization.CultureInfo.InvariantCulture, $"{number}");

        internal string Build() => _markup.ToString();
    }
}
