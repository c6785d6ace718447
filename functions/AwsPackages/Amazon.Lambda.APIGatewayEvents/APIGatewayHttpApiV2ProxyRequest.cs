namespace Amazon.Lambda.APIGatewayEvents;

/// <summary>A request to an HTTP API, in payload format 2.0.</summary>
public class APIGatewayHttpApiV2ProxyRequest
{
    public string? Version { get; set; }

    public string? RouteKey { get; set; }

    public string? RawPath { get; set; }

    public string? RawQueryString { get; set; }

    public string? Body { get; set; }

    /// <summary>Several values of one name are joined by commas.</summary>
    public IDictionary<string, string>? Headers { get; set; }

    public IDictionary<string, string>? PathParameters { get; set; }

    public bool IsBase64Encoded { get; set; }

    public ProxyRequestContext? RequestContext { get; set; }

    public class ProxyRequestContext
    {
        public string? AccountId { get; set; }

        public string? ApiId { get; set; }

        public string? DomainName { get; set; }

        public string? RequestId { get; set; }

        public string? RouteKey { get; set; }

        public string? Stage { get; set; }

        public long TimeEpoch { get; set; }

        public HttpDescription? Http { get; set; }

        public AuthorizerDescription? Authorizer { get; set; }
    }

    public class HttpDescription
    {
        public string? Method { get; set; }

        public string? Path { get; set; }

        public string? Protocol { get; set; }

        public string? SourceIp { get; set; }

        public string? UserAgent { get; set; }
    }

    public class AuthorizerDescription
    {
        public IAMDescription? IAM { get; set; }

        public class IAMDescription
        {
            public string? AccessKey { get; set; }

            public string? AccountId { get; set; }

            public string? CallerId { get; set; }

            public string? PrincipalOrgId { get; set; }

            public string? UserARN { get; set; }

            public string? UserId { get; set; }
        }
    }
}
