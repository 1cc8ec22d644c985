/** The pages of the menu: path, name, the letter that goes there after `g`, and what else belongs to it. */
export const PLACES = [
  ['/live', 'Live', 'l', '/deliveries'],
  ['/events', 'Events', 'e'],
  ['/subscriptions', 'Subscriptions', 's'],
  ['/catalogue', 'Catalogue', 'k'],
  ['/clock', 'Clock', 'c'],
  ['/checks', 'Checks', 'h'],
  ['/api-docs', 'API', 'a'],
] as const;
