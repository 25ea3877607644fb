// Package schema judges credentials by the JSON Schemas that they name in
// credentialSchema (Verifiable Credentials JSON Schema Specification, type
// JsonSchema), as the Schema of a vc.Gate.
//
// Contract: a schema is fetched by what the caller brings, kept for a while,
// and stands alone: it refers to nothing outside itself. What it costs to judge
// a credential by it is known before it is judged, and bounded. A schema that
// cannot be had, is not understood or costs too much refuses the credential.
//
// Non-goals: the type JsonSchemaCredential, references between documents,
// recursive schemas, annotations, and drafts before 7.
package schema
