/** What a local system is made of, in the order of the flow from what is kept to who asks for it. */
export const serviceGroups = ['redis', 'event-store', 'exchange', 'projector', 'worker', 'api'] as const;
export type ServiceGroup = (typeof serviceGroups)[number];
