import type { Profile } from '../../providers/contract.js';
import type { DoorMount, DoorRoute, FrontDoor } from '../../providers/front-door.js';
import type { Services } from '../../services/services.js';
import type { Route } from '../route.js';

/** A provider's door, and where one of its mounts stands. */
export interface Standing {
  profile: Profile;
  door: FrontDoor;
  mount: DoorMount;
}

/** Every mount of every provider that has a door. */
export function standings(catalogue: Pick<Services['catalogue'], 'profiles'>): Standing[] {
  return catalogue.profiles().flatMap((profile) => {
    const { door } = profile;
    return door ? door.mounts.value.map((mount) => ({ profile, door, mount })) : [];
  });
}

/** The doors as lines of the table that is documented: `mountFrontDoors` mounts them, in their own manners. */
export function frontDoorRoutes(catalogue: Pick<Services['catalogue'], 'profiles'>): Route[] {
  return standings(catalogue).flatMap(({ profile, door, mount }) =>
    door.routes.map(
      (route): Route => ({
        method: route.method,
        path: mount.path + route.path,
        tag: `${profile.name}: its own front door`,
        summary: route.summary,
        description: claimText(route, mount),
        access: route.open ? 'open' : 'door',
        ...(route.query ? { query: route.query } : {}),
        ...(route.body ? { body: route.body } : {}),
        answers: route.answers,
        refusal: door.refusal,
        ...keyPlaces(door),
        handle: () => {
          throw new Error('a front door answers for itself');
        },
      }),
    ),
  );
}

function keyPlaces({ key }: FrontDoor): Pick<Route, 'keyHeader' | 'orBearer'> {
  return key.value.kind === 'header'
    ? { keyHeader: key.value.header, orBearer: key.value.orBearer ?? false }
    : {};
}

function claimText({ claim }: DoorRoute, { environment }: DoorMount): string {
  const why = claim.claim === 'documented' ? `“${claim.quote}”` : (claim.why ?? '');
  const source = claim.source === null ? '' : ` (${claim.source})`;
  return `Environment ${environment}. ${claim.claim}${source}${why ? `: ${why}` : ''}`;
}
