// A small typed client: queries and mutations over HTTP, subscriptions over graphql-transport-ws.
import type { TypedDocumentNode } from "@graphql-typed-document-node/core";
import { print } from "graphql";
import { GraphQLClient } from "graphql-request";
import { createClient } from "graphql-ws";
import WebSocket from "ws";

/** Fenji at an address, asked with an API key. */
export class Fenji {
  private readonly http: GraphQLClient;
  private readonly authorization: string;

  constructor(private readonly url: string, key: string) {
    this.authorization = `Bearer ${key}`;
    this.http = new GraphQLClient(url, { headers: { Authorization: this.authorization } });
  }

  /** Answer a query or mutation; what Fenji says no to is a member of the answer, anything else is thrown. */
  ask<Answer, Given extends Record<string, unknown>>(document: TypedDocumentNode<Answer, Given>, variables: Given): Promise<Answer> {
    return this.http.request<Answer>(print(document), variables);
  }

  /** Yield the events of a subscription until it ends. */
  async *events<Answer, Given extends Record<string, unknown>>(
    document: TypedDocumentNode<Answer, Given>,
    variables: Given,
  ): AsyncGenerator<Answer> {
    const socket = createClient({
      url: this.url.replace(/^http/, "ws"),
      webSocketImpl: WebSocket, // Node has none of its own before version 22; a browser needs no line here
      connectionParams: { Authorization: this.authorization },
    });
    try {
      for await (const event of socket.iterate<Answer>({ query: print(document), variables })) {
        if (event.errors) throw new Error(event.errors.map((error) => error.message).join("; "));
        if (event.data) yield event.data;
      }
    } finally {
      await socket.dispose();
    }
  }
}
