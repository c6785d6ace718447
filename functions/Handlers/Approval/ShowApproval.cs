using Limpid.Core.Erasure;

namespace Limpid.Functions.Approvals;

/// <summary>GET and HEAD of an approver's page. It changes nothing at all, so that mail scanners may fetch it as often as they like.</summary>
internal sealed class ShowApproval(Ports ports)
{
    private readonly PageSeal _seal = new(ports.PageSecret);

    public async Task<PageResponse> HandleAsync(PageRequest request, CancellationToken cancellation)
    {
        var state = new ApprovalState(ports.State, ports.Signer, _seal);
        return PageRoute.Of(request.Path) is { Action: "" } route
            && await OpenQuestion.ReadAsync(ports, state, route.Link, cancellation) is { } question
                ? new ApprovalPage(ports, _seal).Show(question)
                : Page.NotFound(ports.Lake.Name);
    }
}
