using Amazon.Runtime;

namespace Amazon.SimpleEmailV2.Model;

public class SendEmailRequest : AmazonWebServiceRequest
{
    public string? FromEmailAddress { get; set; }

    public Destination? Destination { get; set; }

    public EmailContent? Content { get; set; }

    public string? ConfigurationSetName { get; set; }
}

public class Destination
{
    public List<string>? ToAddresses { get; set; }
}

public class EmailContent
{
    public RawMessage? Raw { get; set; }
}

/// <summary>A whole message with its headers.</summary>
public class RawMessage
{
    public MemoryStream? Data { get; set; }
}

public class SendEmailResponse : AmazonWebServiceResponse
{
    public string? MessageId { get; set; }
}
