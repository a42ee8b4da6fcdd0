import * as z from 'zod';

// zod compiles schemas with `new Function` for speed; the page's content security policy forbids that. This has to
// happen before the first schema is made, so this module is the first import of the page.
z.config({ jitless: true });
