using System.Text;

namespace Limpid.Core.Subjects;

internal static class ComposedForm
{
    public static string Of(string text) => text.Normalize(NormalizationForm.FormC);
}
