namespace Limpid.Functions.Approvals;

/// <summary>A dataset of the plan has nobody who may decide on it; the message names the dataset.</summary>
internal sealed class ApprovalImpossibleException(string message) : Exception(message);

/// <summary>lake.yaml changed, or a newer plan was made, since the plan in question: it can't be approved any more.</summary>
internal sealed class PlanOutdatedException(string message) : Exception(message);

/// <summary>The request ended (it was cancelled, say) while its approval was still being asked for.</summary>
internal sealed class RequestEndedException(string message) : Exception(message);

/// <summary>The workflow names a plan that does not exist, or one that is not what its digest says.</summary>
internal sealed class UnknownPlanException(string message) : Exception(message);
