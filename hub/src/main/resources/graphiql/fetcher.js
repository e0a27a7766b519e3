'use strict';

/** The operations of a document; none of one that cannot be read, which the hub explains. */
function operationsOf(query) {
  try {
    return GraphiQL.GraphQL.parse(query).definitions.filter(one => one.kind === 'OperationDefinition');
  } catch (wrong) {
    return [];
  }
}

/**
 * One operation over a socket of its own, by graphql-transport-ws. What follows goes to the observer until the hub says
 * it is complete, or nobody wants more.
 */
function follow(params, init, observer) {
  const socket = new WebSocket(location.origin.replace(/^http/, 'ws') + '/graphql', 'graphql-transport-ws');
  const send = message => socket.send(JSON.stringify(message));
  let over = false;
  const end = (how, value) => {
    if (!over) {
      over = true;
      socket.close(1000);
      observer[how](value);
    }
  };
  const answers = {
    connection_ack: () => send({ id: '1', type: 'subscribe', payload: params }),
    ping: () => send({ type: 'pong' }),
    next: message => observer.next(message.payload),
    error: message => end('error', message.payload),
    complete: () => end('complete'),
  };
  socket.onopen = () => send({ type: 'connection_init', payload: init });
  socket.onmessage = event => {
    const message = JSON.parse(event.data);
    if (!over) {
      answers[message.type]?.(message);
    }
  };
  socket.onclose = event => end('error', new Error(event.reason || 'The connection to the hub was lost'));
  return {
    unsubscribe: () => {
      over = true;
      socket.close(1000);
    },
  };
}

/**
 * What GraphiQL asks with.
 *
 * @param ask as fetch, with the caller's token
 * @param init what the caller's sockets say of who it is, unless the headers in the editor say something else
 */
const fetcher = (ask, init) => async (asked, { headers } = {}) => {
  // GraphiQL learns of the operations a moment after the document has changed: of one alone the name is not needed.
  const operations = operationsOf(asked.query);
  const params = operations.length > 1 ? asked : { ...asked, operationName: undefined };
  const operation = operations.find(one => !params.operationName || one.name?.value === params.operationName);
  if (operation?.operation === 'subscription') {
    return { subscribe: observer => follow(params, { ...init, ...headers }, observer) };
  }
  const answer = await ask('/graphql', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(params),
  });
  return answer.json();
};
