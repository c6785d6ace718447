using Limpid.Core.Erasure;
using Limpid.Core.Ports;
using Limpid.Functions.Approvals;

namespace Limpid.Functions.Notices;

/// <summary>The mail that says that a request takes longer, with a text for the person, who has to be told within the first month.</summary>
internal sealed class ExtensionNotice(Ports ports, ErasureRequest request, Extension extension)
{
    public Mail To(string reader) => MailFrame.Of(
        MailId.Of(request.Id, "extended", new PageSeal(ports.PageSecret).PersonReference(MailIdentity.Normalize(reader))),
        reader,
        $"Extended to {Words.Day(extension.Until)}: erasure {request.Id}",
        [
            $"The answer to this request is now due on {Words.Day(extension.Until)}. Please tell the person by {Words.Day(extension.From)}: article 12(3) GDPR allows two months more only if they are told within the first one, and why.",
            $"Request: {request.Id}\nLake: {ports.Lake.Name}\nReceived: {Words.Day(request.Received)}\nDue: {Words.Day(extension.Until)}, before {Words.Day(extension.From)}\nReason: {extension.Reason}\nExtended by: {extension.By}",
            "Below is a text for the person. Please read it over and send it yourself: Limpid does not know who the person is.",
        ],
        letter: SubjectLetter.Of(request, extension));
}
